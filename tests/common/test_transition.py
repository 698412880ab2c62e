import pytest
from django.db.models import TextChoices

from apps.common.errors import Conflict
from apps.common.transition import mermaid, next_state


class Door(TextChoices):
    OPEN = "open", "Open"
    LOCKED = "locked", "Locked for good"


class Turn(TextChoices):
    LOCK = "lock", "Locked"
    PUSH = "push", "Pushed"


TABLE = {(Door.OPEN, Turn.LOCK): Door.LOCKED, (Door.OPEN, Turn.PUSH): Door.OPEN}


def test_follows_the_arrow():
    assert next_state(TABLE, Door.OPEN, Turn.LOCK) is Door.LOCKED


def test_refuses_what_has_no_arrow_and_says_so():
    with pytest.raises(Conflict) as caught:
        next_state(TABLE, Door.LOCKED, Turn.PUSH)

    assert str(caught.value) == "This is locked for good; it can no longer be pushed."


def test_draws_every_arrow():
    assert mermaid(TABLE).splitlines() == [
        "stateDiagram-v2",
        "    open --> locked: lock",
        "    open --> open: push",
    ]
