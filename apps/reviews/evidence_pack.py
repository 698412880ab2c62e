"""The evidence pack of a round: one zip with everything that happened, for whoever asks for proof.

It leaves as it is read from the database, a piece at a time, so its length does not matter. Every name in it
is fixed: what people wrote stands inside files, never in their names. MANIFEST holds the digest of each, as
`sha256sum --check` reads it; it comes last, so what broke off in between has none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from apps.common.organisation import organisation_name
from apps.common.paging import in_batches
from apps.common.text import counted, one_line
from apps.reviews import evidence_tables as tables
from apps.reviews.models import Round
from apps.reviews.policy.plain import in_words
from apps.reviews.result_file import applied_by, result_lines
from apps.reviews.selectors.exports import READ_AT_ONCE, RoundEvidence
from apps.reviews.selectors.terms import calendar_of

_ROWS = "<!-- rows -->"  # where the lines of the page to print come
_READABLE = 0o644 << 16


def pack_pieces(evidence: RoundEvidence) -> Iterator[bytes]:
    """The zip, piece by piece. Read it outside a transaction: it takes as long as the round is large."""
    leaving = _Leaving()
    with ZipFile(leaving, "w") as zip_:
        pack = _Pack(zip_, evidence.made_at)
        for name, content in _files(evidence, pack.digests):
            for _ in pack.add(name, content):
                yield from leaving.taken()
    yield from leaving.taken()


def _files(evidence: RoundEvidence, digests: dict[str, str]) -> Iterator[tuple[str, Iterable[str]]]:
    yield "settings.json", [_settings(evidence)]
    yield "lines.csv", tables.line_lines(evidence.items())
    yield "people.csv", tables.people_lines(evidence.items_of_groups())
    yield "decisions.csv", tables.decision_lines(evidence.decisions())
    yield "results.csv", result_lines(evidence.results())
    yield "applied.csv", tables.applied_lines(evidence.items_to_apply())
    yield "audit.csv", tables.event_lines(evidence.events())
    yield "report.html", _report(evidence)
    yield "MANIFEST", _manifest(evidence, digests)


class _Leaving:
    """Stands where `ZipFile` expects a file that goes on and never back, and hands on what was written."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is kept longer than until it is taken."""

    def taken(self) -> Iterator[bytes]:
        written, self._written = self._written, []
        if written:
            yield b"".join(written)


class _Pack:
    """A zip that knows the digest of each of its files."""

    def __init__(self, zip_: ZipFile, made_at: datetime) -> None:
        self.digests: dict[str, str] = {}
        self._zip = zip_
        self._made_at = made_at.astimezone(UTC).timetuple()[:6]

    def add(self, name: str, pieces: Iterable[str]) -> Iterator[None]:
        """Write a file; comes back after each of its pieces, and when it is whole."""
        info = ZipInfo(name, self._made_at)
        info.compress_type, info.external_attr = ZIP_DEFLATED, _READABLE
        digest = hashlib.sha256()
        with self._zip.open(info, "w") as member:
            for piece in pieces:
                written = piece.encode()
                member.write(written)
                digest.update(written)
                yield
        self.digests[name] = digest.hexdigest()
        yield


# ---- Its files ---------------------------------------------------------------------------------------------


def _settings(evidence: RoundEvidence) -> str:
    """By what the round went, and what is set for the series now; as far as its reader sees of it."""
    facts = {
        "review": _series(evidence),
        "round": _times(evidence.round) | {"terms": evidence.terms.to_json()},
    }
    return json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2) + "\n"


def _series(evidence: RoundEvidence) -> dict[str, Any]:
    review = evidence.round.review
    names = ("id", "name", "created_at", "frequency", "starts_at", "time_zone", "ends_on", "occurrences")
    more = ("held_because", "ended_at", "deleted_at")
    owner = {"id": review.owner_id, "name": review.owner.name, "email": review.owner.email}
    facts = {name: getattr(review, name) for name in (*names, *more)}
    return facts | {"owner": owner, "terms": evidence.terms_of_series.to_json()}


def _times(round_: Round) -> dict[str, Any]:
    names = ("id", "number", "state", "stage", "starts_at", "opened_at", "stage_opened_at", "stage_closes_at")
    more = ("closed_at", "applied_at", "applied_by", "applied_by_email")
    return {name: getattr(round_, name) for name in (*names, *more)}


def _report(evidence: RoundEvidence) -> Iterator[str]:
    """A page to print that needs nothing but itself; its lines are rendered a batch at a time."""
    context = {
        "evidence": evidence,
        "round": evidence.round,
        "review": evidence.round.review,
        "organisation": organisation_name(),
        "applied_by": applied_by(evidence.round) if evidence.round.applied_by else "",
        "calendar": calendar_of(evidence.round.review).in_words(evidence.terms.days),
        "settings": in_words(evidence.terms),
        "rows": mark_safe(_ROWS),  # noqa: S308 (a constant)
    }
    before, _, after = render_to_string("reviews/report.html", context).partition(_ROWS)
    yield before
    for results in in_batches(evidence.results(), READ_AT_ONCE):
        yield render_to_string("reviews/_report_rows.html", {"results": results})
    yield after


def _manifest(evidence: RoundEvidence, digests: dict[str, str]) -> Iterator[str]:
    round_ = evidence.round
    about = (
        f"Evidence of the access review {round_.review.name}, round {round_.number}: {organisation_name()}",
        f"Review {round_.review_id}, round {round_.id}",
        f"Made by {evidence.made_by} at {evidence.made_at.astimezone(UTC).isoformat(timespec='seconds')}",
        f"It holds {counted(evidence.count, 'line')}: {evidence.extent}",
        "To check it: sha256sum --check MANIFEST",
    )
    yield from (f"# {one_line(line)}\n" for line in about)
    yield from (f"{digest}  {name}\n" for name, digest in digests.items())
