from __future__ import annotations

from django.contrib.auth.models import Permission
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import path

_PAGE = Template("<ul>{% for row in rows %}<li>{{ row.name }} {{ row.content_type }}</li>{% endfor %}</ul>")


def page(request: HttpRequest) -> HttpResponse:
    rows = Permission.objects.select_related("content_type").order_by("pk")[:50]
    return HttpResponse(_PAGE.render(Context({"rows": rows, "user": request.user})))


urlpatterns = [path("", page)]
