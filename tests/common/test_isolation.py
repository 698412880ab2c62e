import logging

from apps.common.isolation import each_on_its_own


def halve(number):
    if number % 2:
        raise ValueError("odd")
    return number > 0


def test_does_each_and_counts_what_was_done():
    assert each_on_its_own([2, 0, 4], halve, what="Halving") == 2


def test_does_the_others_when_one_fails_and_says_which(caplog):
    with caplog.at_level(logging.ERROR):
        done = each_on_its_own([2, 3, 4], halve, what="Halving")

    assert done == 2
    assert [record.getMessage() for record in caplog.records] == [
        "Halving: 3 could not be handled; the next run tries again."
    ]
    assert caplog.records[0].exc_info[0] is ValueError


def test_does_nothing_with_nothing():
    assert each_on_its_own([], halve, what="Halving") == 0
