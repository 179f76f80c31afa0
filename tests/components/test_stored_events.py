"""Events of rows are made once, and anew where a row is another."""

import json
from types import SimpleNamespace

from rasa.shared.core.events import SlotSet, UserUttered

from framework_plugin.components.stored_events import RestoredEvents


def row(id_, event):
    return SimpleNamespace(id=id_, data=json.dumps(event.as_dict()))


SAID = row(1, UserUttered("我叫林晓", timestamp=1.0))
SET = row(2, SlotSet("city", "杭州", timestamp=2.0))


def test_what_was_read_before_is_not_made_again():
    made = RestoredEvents(2)
    (first,) = made.of("alice", [SAID])

    again, new = made.of("alice", [SAID, SET])

    assert again is first
    assert new == SlotSet("city", "杭州", timestamp=2.0)


def test_a_row_that_was_blanked_meanwhile_is_made_anew():
    made = RestoredEvents(2)
    made.of("alice", [SAID])

    (event,) = made.of("alice", [row(1, UserUttered("", timestamp=1.0))])

    assert event.text == ""


def test_a_damaged_row_is_left_out_each_time():
    made = RestoredEvents(2)
    damaged = SimpleNamespace(id=3, data="{")

    for _ in range(2):
        assert len(made.of("alice", [SAID, damaged, SET])) == 2


def test_only_the_latest_rows_of_the_latest_users_are_kept():
    made = RestoredEvents(2)
    (first,) = made.of("alice", [SAID])
    made.of("alice", [SET])
    assert made.of("alice", [SAID])[0] is not first

    (kept,) = made.of("bob", [SAID])
    made.of("carol", [SAID])
    assert made.of("bob", [SAID])[0] is kept
    made.of("dave", [SAID])
    made.forget("bob")
    assert made.of("bob", [SAID])[0] is not kept
