from datetime import UTC, datetime, timedelta

from apps.common import turns


def test_lets_others_have_their_turn_before_each_piece_until_time_is_over(monkeypatch):
    clock = [datetime(2026, 11, 24, 13, tzinfo=UTC)]

    def sleep(seconds):
        clock.append(clock[-1] + timedelta(seconds=seconds))

    monkeypatch.setattr(turns.time, "sleep", sleep)
    monkeypatch.setattr(turns.timezone, "now", lambda: clock[-1])
    has_time = turns.in_turns(timedelta(seconds=3.5 * turns.PAUSE_SECONDS))

    assert [has_time() for _ in range(4)] == [True, True, True, False]
    assert len(clock) == 5
