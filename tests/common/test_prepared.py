"""A prepared query answers as the same one does that is built each time."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.common.counting import Counts
from apps.common.prepared import LONGEST, prepared, prepared_part
from tests.factories import assign, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
HOUR = timedelta(hours=1)


@pytest.fixture
def people(now):
    return [make_user(name, now=now) for name in ("John Doe", "Jane Roe", "Tom Poe")]


def test_answers_for_other_values_without_building_the_query_again(people, now):
    built = []

    @prepared
    def running(holder, now):
        built.append(holder)
        return Assignment.objects.filter(principal_id=holder).not_ended(now).with_names()

    john, jane, tom = people
    his = assign(john, now=now, ends_at=now + HOUR)
    hers = assign(jane, now=now)

    def answers():
        return [running(who.pk, at) for at in (now, now + HOUR) for who in (john, jane, tom)]

    assert answers() == [[his], [hers], [], [], [hers], []]
    assert len(built) == 2
    with CaptureQueriesContext(connection) as captured:
        [row] = running(john.pk, now)
        assert (row.principal.name, row.role.name, row.ends_at) == ("John Doe", his.role.name, his.ends_at)
    assert len(captured) == 1


def test_takes_tuples_of_any_length_and_conditions(people):
    @prepared
    def names(ids, condition):
        return User.objects.filter(condition, pk__in=ids).order_by("name").values_list("name", flat=True)

    john, jane, tom = (person.pk for person in people)
    not_tom = ~Q(name="Tom Poe")

    assert names((john, jane, tom), Q()) == ["Jane Roe", "John Doe", "Tom Poe"]
    assert names((john, jane, tom), not_tom) == ["Jane Roe", "John Doe"]
    assert names((tom, john), not_tom) == ["John Doe"]
    assert names((), not_tom) == []
    assert names((*(uuid4() for _ in range(LONGEST)), jane), not_tom) == ["Jane Roe"]


def test_is_built_once_for_lists_of_about_one_length(people):
    built = []

    @prepared
    def names(ids):
        built.append(ids)
        return User.objects.filter(pk__in=ids).order_by("name").values_list("name", flat=True)

    john, jane, tom = (person.pk for person in people)

    assert names((john, jane, tom)) == ["Jane Roe", "John Doe", "Tom Poe"]
    assert len(built) == 2
    assert names((john, jane, tom, uuid4())) == ["Jane Roe", "John Doe", "Tom Poe"]
    assert len(built) == 2
    assert names((tom,)) == ["Tom Poe"]
    assert len(built) == 4


def test_takes_text_and_answers_rows_of_values(people):
    @prepared
    def addressed(address):
        return User.objects.filter(email=address).values_list("id", "name", named=True)

    assert [(row.id, row.name) for row in addressed("jane.roe@example.com")] == [(people[1].pk, "Jane Roe")]
    assert addressed("%s") == []


def test_answers_a_part_of_another_statement(people):
    @prepared_part
    def called(name):
        return User.objects.filter(name=name).order_by("email")

    @prepared_part
    def none_of(name):
        return User.objects.filter(name=name, pk__in=[])

    counts = Counts()
    several = [counts.of(called(name)) for name in ("John Doe", "Jane Roe", "Nobody")]
    nobody = counts.of(none_of("John Doe"))

    with CaptureQueriesContext(connection) as captured:
        assert [count() for count in several] == [1, 1, 0]
        assert nobody() == 0
    assert len(captured) == 1
    assert called("John Doe").sql == called("Jane Roe").sql


def test_refuses_what_would_stay_as_it_was_reckoned_first(now):
    @prepared
    def lately(now):
        return Assignment.objects.filter(created_at__gt=now - HOUR)

    with pytest.raises(TypeError, match="does more with its values"):
        lately(now)


def test_refuses_to_prefetch():
    @prepared
    def everybody():
        return User.objects.prefetch_related("assignments")

    with pytest.raises(TypeError, match="prefetches"):
        everybody()
