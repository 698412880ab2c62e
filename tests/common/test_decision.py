import pytest

from apps.common.decision import ALLOWED, Decision, Refusal, denied, judge
from apps.common.errors import NotAllowed

TOO_LONG = Refusal("ExpirationRule", "At most 8 h.", "duration")
NO_REASON = Refusal("JustificationRule", "Say why.", "justification")


def refuse_long(minutes):
    return TOO_LONG if minutes > 480 else None


def refuse_odd(minutes):
    return NO_REASON if minutes % 2 else None


def test_is_true_when_nothing_refuses():
    assert ALLOWED
    assert ALLOWED.reason == ""
    assert ALLOWED.rules == ()


def test_is_false_when_a_rule_refuses():
    assert not denied("ExpirationRule", "At most 8 h.", "duration")


def test_shows_the_first_reason_and_names_all_rules():
    decision = Decision((TOO_LONG, NO_REASON))

    assert decision.reason == "At most 8 h."
    assert decision.rules == ("ExpirationRule", "JustificationRule")


def test_lets_pass_what_it_allows():
    ALLOWED.require()


def test_raises_every_refusal_at_once():
    with pytest.raises(NotAllowed) as caught:
        Decision((TOO_LONG, NO_REASON)).require()

    assert caught.value.refusals == (TOO_LONG, NO_REASON)
    assert caught.value.rules == ("ExpirationRule", "JustificationRule")
    assert str(caught.value) == "At most 8 h. Say why."


@pytest.mark.parametrize(
    ("minutes", "refusals"),
    [(480, ()), (482, (TOO_LONG,)), (1, (NO_REASON,)), (481, (TOO_LONG, NO_REASON))],
)
def test_asks_every_rule_in_order(minutes, refusals):
    assert judge((refuse_long, refuse_odd), minutes) == Decision(refusals)
