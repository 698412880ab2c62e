"""The search in the top bar."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.administration.selectors.search import Searcher, search
from apps.common.web.searching import words_in


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Open to everybody who is signed in; what it finds is what they may see."""
    q = words_in(request.GET)
    searcher = Searcher(request.user, request.access, request.holdings)
    context = {"searched": q, "kinds": search(q, searcher)}
    return render(request, "administration/search.html", context)
