"""The harness: what a figure says, that a floor writes what its command wrote, and the page it keeps."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.services.door import submit
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from tests.bench import commands
from tests.bench.figures import Figure, as_table
from tests.bench.ground import Ground
from tests.bench.replay import Recorder, for_another, write
from tests.bench.report import BEGIN, END, Run, write_document
from tests.factories import acting, activation_of, assign, make_user
from tests.scale.estate import build_estate

SLOW = Figure("Pages", "My roles: CPU", 30.0, "ms", 10.0, at_most=2)
FAST = Figure("Pages", "Audit: CPU", 15.0, "ms", 10.0, at_most=2)
MANY = Figure("Day", "throughput", 12.5, "/s", 25.0, at_least=0.4)
FEW = Figure("Day", "errors", 1, "", at_most=0)
TOLD = Figure("Day", "share of changes", 25.0, "%", 24.0)


def test_judges_by_the_ratio_where_there_is_a_floor_and_else_by_the_value():
    assert [each.is_met for each in (SLOW, FAST, MANY, FEW, TOLD)] == [False, True, True, False, None]
    assert [each.target for each in (SLOW, MANY, FEW, TOLD)] == ["≤ 2 ×", "≥ 0.4 ×", "≤ 0", ""]
    assert SLOW.as_row() == ("My roles: CPU", "30 ms", "10 ms", "3 ×", "≤ 2 ×", "NO")


def test_puts_figures_at_their_place_of_the_page_and_leaves_the_rest(tmp_path):
    page = tmp_path / "benchmarks.md"
    page.write_text(f"Before\n{BEGIN}old\n{END}\nAfter\n", encoding="utf-8")

    for _ in range(2):
        write_document(Run("small", 1_000, "SQLite", 3.0, [SLOW, MANY]), page)

    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before\n")
    assert text.endswith("\nAfter\n")
    assert "old" not in text
    assert text.count("| My roles: CPU | 30 ms | 10 ms | 3 × | ≤ 2 × | NO |") == 1
    assert "| Met | 1 of 2 |" in text
    assert "My roles: CPU" in as_table([SLOW, MANY])


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_floor_writes_the_rows_of_its_command_for_another_subject(now):
    john, jane = make_user("John Doe", now=now), make_user("Jane Roe", now=now)
    his, hers = assign(john, now=now), assign(jane, now=now)
    recorder = Recorder()
    with connection.execute_wrapper(recorder):
        submit(activation_of(his), actor=acting(john, now=now), now=now)
    before = AuditEvent.objects.count()

    write(for_another(recorder.written, {john.pk: jane.pk, his.pk: hers.pk}))

    assert AccessRequest.objects.get(principal=jane).eligible == hers
    assert Assignment.objects.activated().get(principal=jane).parent == hers
    assert AuditEvent.objects.count() > before


@pytest.mark.django_db
def test_measures_every_command_beside_its_floor(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "REPEATS", 1)
    build_estate(100, now=timezone.now())

    costs = commands.costs_of_commands(Ground(100, "", tmp_path))

    assert set(costs) == {"activate", "ask", "approve", "deny"}
    for each in costs.values():
        assert len(each.cpu) == len(each.floor) == 1
        assert each.statements
