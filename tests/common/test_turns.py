from datetime import timedelta

from apps.common import turns


def test_lets_others_have_their_turn_before_each_piece_until_time_is_over(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(turns, "sleep", lambda seconds: clock.append(clock[-1] + seconds))
    monkeypatch.setattr(turns, "monotonic", lambda: clock[-1])
    has_time = turns.in_turns(timedelta(seconds=3.5 * turns.PAUSE_SECONDS))

    assert [has_time() for _ in range(4)] == [True, True, True, False]
    assert len(clock) == 5
