"""What an event carries besides its columns, as people read it."""

import pytest

from apps.audit.details import details_of

SOME_ID = "0b6de5cb-5d5e-4b0e-9a53-4f8d1f3f6a10"


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ({"how": "ground_lost"}, [("How it ended", "ground lost")]),
        ({"ends_at": "2026-11-24T13:00:00+00:00"}, [("End", "24 Nov 2026, 13:00 UTC")]),
        ({"ends_at": None}, [("End", "Permanent")]),
        ({"assignment": SOME_ID, "rules": [], "note": ""}, []),
        ({"rules": ["MfaRule", "TicketingRule"]}, [("Refused by", "MfaRule, TicketingRule")]),
        ({"lines": 3, "own": [True, False]}, [("Lines", "3"), ("Own", "yes, no")]),
        (
            {"changes": {"activation.ticket": [None, True], "role": SOME_ID}},
            [("Changes", "Activation: ticket: none → yes")],
        ),
        (
            {"selection": {"role": "Reader", "days": [1, 2, 3]}},
            [("Selection", "Role: Reader; Days: 1, 2, 3")],
        ),
    ],
)
def test_says_each_detail_in_words(details, shown):
    assert details_of(details) == shown
