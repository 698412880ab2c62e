"""What is left for the end of a command: written once, together, or not at all."""

import pytest
from django.db import connection

from apps.common.commands import at_the_end, command, write_what_is_left

pytestmark = pytest.mark.django_db


@pytest.fixture
def written():
    return []


@pytest.fixture
def say(written):
    """Leaves something for the end; `written` has a list for each call that wrote."""

    def write(items):
        written.append(items)

    return lambda item: at_the_end(write, item)


def test_writes_at_once_where_no_command_is_running(say, written):
    say("a")

    assert written == [["a"]]


def test_writes_all_of_a_command_with_one_call_at_its_end(say, written):
    with command():
        say("a")
        say("b")
        assert written == []

    assert written == [["a", "b"]]


def test_leaves_what_a_part_says_to_the_whole(say, written):
    with command():
        say("a")
        with command():
            say("b")
        assert written == []

    assert written == [["a", "b"]]


def test_writes_nothing_of_a_command_that_raises(say, written):
    with pytest.raises(ZeroDivisionError), command():
        say("a") or 1 / 0

    say("b")
    assert written == [["b"]]


def test_forgets_the_part_that_raised_and_keeps_the_rest(say, written):
    with command():
        say("a")
        with pytest.raises(ZeroDivisionError), command():
            say("b") or 1 / 0
        say("c")

    assert written == [["a", "c"]]


def test_writes_what_is_said_so_far_when_asked_to(say, written):
    with command():
        say("a")
        write_what_is_left()
        say("b")

    assert written == [["a"], ["b"]]


def test_writes_inside_the_transaction_of_the_command(written):
    with command():
        at_the_end(lambda _: written.append(len(connection.savepoint_ids)), "a")

    assert written == [1]
