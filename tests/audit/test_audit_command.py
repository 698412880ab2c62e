"""`manage.py audit`, and the script that verifies a file without the portal."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.audit import streaming
from apps.audit.ecs import FIELDS
from apps.audit.export import json_lines
from apps.audit.models import AuditEvent, AuditSeal, Cursor, Verification
from apps.audit.retention import remove_stretch
from apps.audit.sealing import seal_waiting
from apps.audit.selectors import each_sealed, log_state
from apps.audit.services import event_of, record, record_all
from apps.audit.streaming import stream_next
from apps.audit.verifying import begin
from apps.audit.vocabulary import AuditAction, Outcome, Party, Place
from apps.common.access import Provider
from tests.audit.chain import ADA, NOW, SECOND, a_chain, event_at, stored, tamper

pytestmark = pytest.mark.django_db

SCRIPT = settings.BASE_DIR / "docs" / "verify_audit.py"
DAY = timedelta(days=1)


def audit(*arguments):
    out = StringIO()
    try:
        call_command("audit", *arguments, stdout=out, stderr=StringIO())
    except CommandError as error:
        out.write(f"CommandError: {error}")
    return out.getvalue()


def change(sequence):
    tamper(
        "UPDATE audit_auditevent SET actor_name = 'Eve' WHERE id = '{event}'",
        event=stored(event_at(sequence)),
    )


# ---- verify, checkpoint ------------------------------------------------------------------------------------


def test_says_that_the_log_verifies_and_writes_it_down():
    a_chain()

    assert audit("verify") == "The log verifies: 10 events.\n"

    event = AuditEvent.objects.get(action=AuditAction.AUDIT_VERIFIED)
    assert (event.sentence, event.outcome) == ("Console verified the audit log.", Outcome.SUCCESS)
    row = Verification.objects.get()
    assert (row.found, row.reached, row.is_running, row.actor.name) == (0, 10, False, "Console")


def test_says_which_event_was_changed_and_fails():
    a_chain()
    change(3)

    said = audit("verify")

    assert f"Sequence 3, event {event_at(3)}: The event, or its seal, was changed" in said
    assert said.endswith("CommandError: The log does not verify: 1 findings.")
    assert AuditEvent.objects.get(action=AuditAction.AUDIT_VERIFIED).outcome == Outcome.FAILURE
    assert (Verification.objects.get().found, len(Verification.objects.get().findings)) == (1, 1)


def test_verifies_against_a_checkpoint_and_from_it_on(tmp_path):
    a_chain(5)
    kept = tmp_path / "checkpoint"
    kept.write_text(audit("checkpoint"))
    a_chain(5, since=NOW)
    change(3)

    assert audit("verify", "--since-checkpoint", str(kept)).startswith("The log verifies")
    assert "Sequence 3" in audit("verify", "--checkpoint", str(kept))

    tamper("UPDATE audit_auditseal SET hash = '{hash}' WHERE sequence = 5", hash="f" * 64)

    assert "The log was written anew" in audit("verify", "--since-checkpoint", str(kept))


@pytest.mark.parametrize("text", [None, "", "nothing"])
def test_refuses_a_file_without_a_checkpoint(tmp_path, text):
    path = tmp_path / "checkpoint"
    if text is not None:
        path.write_text(text)

    assert "CommandError: Error: argument --checkpoint" in audit("verify", "--checkpoint", str(path))


# ---- export, and the script --------------------------------------------------------------------------------


def verify(text, tmp_path, *arguments):
    """The exit status and the words of the script, run as a process of its own, far from the portal."""
    path = tmp_path / "audit.jsonl"
    path.write_text(text)
    command = [sys.executable, "-I", str(SCRIPT), *arguments, str(path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.mark.postgres
def test_exports_what_the_script_verifies(tmp_path):
    a_chain()
    record(AuditAction.SIGNED_IN, actor=ADA, at=NOW)  # not sealed yet

    exported = audit("export")

    assert verify(exported, tmp_path) == (0, "10 lines, 0 findings.\n")
    first = json.loads(exported.splitlines()[0])
    assert (first["sequence"], first["actor_name"], first["details"]) == (1, "Ada Roe", {"number": 1})


def test_exports_from_a_day_on(tmp_path):
    a_chain(3, since=NOW - DAY)
    a_chain(3, since=NOW)

    exported = audit("export", "--since", "2026-11-24")

    code, said = verify(exported, tmp_path)
    assert code == 0
    assert said == "The file begins at 4: what was before is not verified.\n3 lines, 0 findings.\n"


def test_refuses_what_is_no_day():
    assert "is no day" in audit("export", "--since", "yesterday")


def edited(line, **columns):
    return json.dumps(json.loads(line) | columns, sort_keys=True)


@pytest.mark.parametrize(
    ("tampering", "sentence"),
    [
        (lambda lines: [*lines[:4], edited(lines[4], actor_name="Eve"), *lines[5:]], "Sequence 5, event"),
        (
            lambda lines: [*lines[:4], edited(lines[4], role="Eve"), *lines[5:]],
            "was changed after it was sealed",
        ),
        (lambda lines: [*lines[:4], *lines[5:]], "5 should stand here"),
        (lambda lines: lines[1:], "The file begins at 2"),
        (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], "removed, put in or reordered"),
        (lambda lines: [*lines[:4], lines[4], *lines[4:]], "6 should stand here"),
        (lambda lines: [*lines, '{"id":"7"}'], "event 7 carries no seal"),
        (lambda lines: [*lines, "nonsense"], "this is no line of an export"),
        (lambda lines: [*lines, "[]"], "this is no line of an export"),
        (lambda lines: [lines[0].replace("{", '{"id":"7",', 1), *lines[1:]], "it says one thing twice"),
        (lambda lines: [edited(line, hash="f" * 64) for line in lines], "Sequence 10, event"),
        (lambda lines: lines[:0], "0 lines"),
    ],
)
def test_the_script_finds_what_was_done_to_the_file(tmp_path, tampering, sentence):
    a_chain()
    checkpoint = audit("checkpoint")
    (tmp_path / "kept").write_text(checkpoint)
    lines = audit("export").splitlines()

    text = "".join(f"{line}\n" for line in tampering(lines))
    code, said = verify(text, tmp_path)

    assert sentence in said
    assert code == (0 if "begins at 2" in sentence else 1)


def test_the_script_knows_a_log_that_was_written_anew(tmp_path):
    a_chain()
    (tmp_path / "kept").write_text(f"From: pim\n\n{audit('checkpoint')}")
    change(1)
    tamper("DELETE FROM audit_auditseal; DELETE FROM audit_chain")
    tamper("INSERT INTO audit_unsealed (event_id, at) SELECT id, at FROM audit_auditevent")
    seal_waiting(now=NOW, batches=1)
    exported = audit("export")

    assert verify(exported, tmp_path)[0] == 0
    code, said = verify(exported, tmp_path, "--checkpoint", "kept")
    assert code == 1
    assert "Sequence 10" in said
    assert "written anew" in said
    assert "the file lacks it" in verify(exported.splitlines()[0], tmp_path, "--checkpoint", "kept")[1]


def test_the_script_verifies_selected_lines_each_for_itself(tmp_path):
    a_chain()
    some = AuditEvent.objects.filter(seal__sequence__in=[2, 5, 9]).select_related("seal").order_by("-at")
    text = "".join(json_lines(some))

    assert verify(text, tmp_path, "--selected") == (0, "3 lines, 0 findings.\n")
    assert verify(text.replace("Ada", "Eve", 1), tmp_path, "--selected")[0] == 1


def test_the_script_is_short():
    text = SCRIPT.read_text()

    assert len(text.splitlines()) <= 100
    assert "apps" not in text
    assert "django" not in text


def test_reads_the_lines_of_a_file_in_one_query_for_each_part(django_assert_num_queries, monkeypatch):
    a_chain(20)

    with django_assert_num_queries(1):
        assert len(list(json_lines(each_sealed(None)))) == 20


# ---- What pages show ---------------------------------------------------------------------------------------


def test_says_how_it_stands_with_the_log(django_assert_num_queries):
    a_chain(3)
    record(AuditAction.SIGNED_IN, actor=ADA, at=NOW)
    begin(actor=ADA, now=NOW)

    with django_assert_num_queries(6):
        state = log_state(now=NOW + 61 * SECOND)

    assert (state.checkpoint.sequence, state.checkpoint.count) == (3, 3)
    assert (state.waiting, state.waiting_since, state.is_late) == ("1", NOW, True)
    assert (state.verification.is_running, state.months) == (True, 0)


def test_says_that_there_is_nothing_yet():
    state = log_state(now=NOW)

    assert (state.checkpoint.sequence, state.sealed_at, state.waiting, state.is_late) == (0, None, "0", False)
    assert state.verification is None


# ---- stream ------------------------------------------------------------------------------------------------


def streamed(name="siem"):
    out = StringIO()
    while stream_next(name, out, now=NOW):
        pass
    return [json.loads(line) for line in out.getvalue().splitlines()]


def sequences(documents):
    return [document["event"]["sequence"] for document in documents]


@pytest.mark.postgres
def test_streams_each_event_once_to_each_reader(monkeypatch):
    monkeypatch.setattr(streaming, "AT_ONCE", 3)
    a_chain(7)

    assert sequences(streamed()) == [*range(1, 8)]
    assert streamed() == []
    a_chain(2, since=NOW)
    assert sequences(streamed()) == [8, 9]
    assert sequences(streamed("other")) == [*range(1, 10)]


def test_streams_again_what_was_not_flushed():
    a_chain(3)

    class Full(StringIO):
        def flush(self):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        stream_next("siem", Full(), now=NOW)

    assert sequences(streamed()) == [1, 2, 3]


def test_says_what_a_reader_missed(caplog):
    a_chain(2, since=NOW - 400 * DAY)
    assert sequences(streamed()) == [1, 2]
    a_chain(3, since=NOW - 400 * DAY)
    remove_stretch(before=NOW, now=NOW)
    a_chain(1)

    assert sequences(streamed()) == [6, 7]
    assert "The reader siem missed sequences 3 to 5: retention removed them." in caplog.text


def test_a_cursor_never_goes_back():
    a_chain(3)
    streamed()

    streaming._move(Cursor(name="siem"), 1, NOW)

    assert Cursor.objects.get().sequence == 3


def test_speaks_the_elastic_common_schema():
    event = event_of(
        AuditAction.REQUEST_APPROVED,
        actor=ADA,
        at=NOW,
        target=Party("user", "john", "John Poe"),
        role="Contributor",
        place=Place(Provider.RESOURCES, "a/b/", "Production"),
        justification="Deploy",
        ticket="INC-1",
        approver="Otto",
        details={"hours": 2},
    )
    event.address, event.trace_id = "10.0.0.1", "4bf9"
    record_all([event])
    seal_waiting(now=NOW + SECOND, batches=1)

    [document] = streamed()

    seal = AuditSeal.objects.get()
    assert document["@timestamp"] == "2026-11-24T13:00:00.000000Z"
    assert document["message"] == "Ada Roe approved a request for Contributor on Production for John Poe."
    assert document["event"] == {
        "kind": "event",
        "dataset": "pim_portal.audit",
        "id": str(event.id),
        "sequence": 1,
        "hash": seal.hash,
        "created": "2026-11-24T13:00:01.000000Z",
        "action": "request.approved",
        "category": ["iam"],
        "type": ["user", "allowed"],
        "outcome": "success",
        "reason": "Deploy",
    }
    assert document["user"] == {
        "id": "ada",
        "name": "Ada Roe",
        "target": {"id": "john", "name": "John Poe", "roles": ["Contributor"]},
    }
    assert document["labels"] == {
        "actor_kind": "user",
        "target_kind": "user",
        "role": "Contributor",
        "provider": "resources",
        "resource_name": "Production",
        "resource_path": "a/b/",
        "ticket": "INC-1",
        "approver": "Otto",
    }
    assert (document["source"], document["trace"]) == ({"ip": "10.0.0.1"}, {"id": "4bf9"})
    assert document["pim_portal"] == {"details": '{"hours": 2}'}


def test_names_no_field_twice():
    assert len({field.name for field in FIELDS}) == len(FIELDS)


@pytest.fixture
def stream():
    """`manage.py audit stream` as a process of its own, on the database of this test."""
    database = settings.DATABASES["default"]
    is_file = database["ENGINE"].endswith("sqlite3")
    url = f"sqlite:///{database['NAME']}" if is_file else os.environ["DATABASE_URL"]
    with subprocess.Popen(
        [sys.executable, "manage.py", "audit", "stream", "--name", "siem"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.mark.django_db(transaction=True)
def test_a_signal_ends_the_stream_cleanly_and_the_next_goes_on(stream):
    a_chain(3)

    lines = [json.loads(stream.stdout.readline()) for _ in range(3)]
    stream.send_signal(signal.SIGTERM)
    rest, errors = stream.communicate(timeout=30)

    assert (sequences(lines), rest, errors, stream.returncode) == ([1, 2, 3], "", "", 0)
    assert streamed() == []


@pytest.mark.django_db(transaction=True)
def test_a_closed_pipe_ends_the_stream_without_a_word(stream):
    a_chain(1)
    stream.stdout.readline()
    stream.stdout.close()
    a_chain(500, since=NOW)

    assert stream.stderr.read() == ""
    assert stream.wait(timeout=30) == 0
