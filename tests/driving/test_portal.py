"""A portal in processes, somebody who visits it, and people's day on it: one start shows all of it."""

from __future__ import annotations

from django.utils import timezone

from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from tests.driving.cast import make_cast
from tests.driving.day import SHARES, Day
from tests.driving.traces import TRACE
from tests.driving.visitor import Visitor
from tests.factories import assign, make_user

PASSWORD = "a long pass phrase of John's"


def test_serves_whoever_signs_in_and_a_day_of_several_and_leaves_nothing(portal):
    now = timezone.now()
    john = make_user("John Doe", now=now)
    john.set_password(PASSWORD)
    john.save()
    assign(john, now=now)
    cast = make_cast(2, now=now)
    portal.start()

    check_signs_in_on_the_page(portal, john)
    check_activates_with_the_factor_of_the_session(portal, john)
    check_has_a_day(portal, cast)

    assert len(portal.web()) == 3
    assert len(portal.cluster()) > 3
    assert portal.children(portal.web()[0]) == portal.web()[1:]
    portal.stop()
    assert portal.background.left() == {}


def check_signs_in_on_the_page(portal, john):
    visitor = Visitor(portal.url)
    assert visitor.get("/my-roles/").location.startswith("/sign-in/")

    assert visitor.sign_in(john.email, PASSWORD).location == "/"

    assert "Teams Administrator" in visitor.get("/my-roles/").text


def check_activates_with_the_factor_of_the_session(portal, john):
    visitor = Visitor.signed_in(portal.url, john)
    (link,) = visitor.get("/my-roles/").links(r"/my-roles/activate/[^\"]*")
    form = visitor.get(link).form(having="justification")

    answer = visitor.send(form, justification="Because", duration="60")

    assert answer.is_redirect
    assert visitor.follow(answer).status == 200
    assert Assignment.objects.filter(principal=john, origin=Assignment.Origin.ACTIVATED).exists()
    assert AuditEvent.objects.filter(trace_id=answer.headers[TRACE]).exists()


def check_has_a_day(portal, cast):
    day = Day([portal.url], cast, people=2).run(rounds=10)

    assert {deed.part for deed in day.deeds} == set(SHARES)
    assert (day.failures, day.surprises, day.lost()) == ([], [], [])
    assert day.acknowledged
