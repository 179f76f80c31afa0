"""Parts of a turn."""

from __future__ import annotations

from framework_plugin.components.serving.turn_clock import (
    CLOCK,
    TurnClock,
    measured,
    part,
)


class Hands:
    """A clock that a test turns on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_part_within_another_counts_only_there() -> None:
    hands = Hands()
    clock = TurnClock(hands)

    def decode() -> str:
        hands.now += 5
        return "reply"

    token = CLOCK.set(clock)
    with part("policies"):
        hands.now += 1
        assert measured("decode", decode)() == "reply"
        hands.now += 2
    with part("policies"):
        hands.now += 1
    CLOCK.reset(token)
    assert clock.seconds == {"policies": 4, "decode": 5}
    assert clock.total == 9


def test_without_a_turn_nothing_is_measured() -> None:
    assert CLOCK.get() is None
    assert measured("decode", lambda: 1)() == 1
