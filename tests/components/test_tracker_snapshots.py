"""Long sessions: only their last turns are read, and nothing is predicted otherwise."""

import asyncio
import json
import random
import sqlite3
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    FollowupAction,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.session import went_unanswered
from framework_plugin.components.session_reader import SessionReader
from framework_plugin.components.tracker_snapshots import slots_at_rest
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.errors import SettingsError

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet, inform, stop]
entities: [city]
slots:
  city:
    type: text
    initial_value: 北京
    mappings: [{type: custom}]
  size:
    type: categorical
    values: [small, large]
    mappings: [{type: custom}]
  agreed:
    type: bool
    mappings: [{type: custom}]
  requested_slot:
    type: text
    influence_conversation: false
    mappings: [{type: custom}]
forms:
  order_form:
    required_slots: [city]
actions: [utter_hello, action_look]
"""
)
LOOKED_BACK = 8
WINDOW = 4


def listen():
    return ActionExecuted("action_listen")


def user(text, intent="greet"):
    return UserUttered(text, {"name": intent, "confidence": 1.0})


def answer(*events):
    return [ActionExecuted("utter_hello"), BotUttered("好"), *events, listen()]


def plain(choose):
    return [user(f"话{choose(1000)}"), *answer()]


def setting(choose):
    name, values = [
        ("city", ["上海", None, "北京"]),
        ("size", ["small", "large", None]),
        ("agreed", [True, False, None]),
    ][choose(3)]
    value = values[choose(len(values))]
    return [user("改", "inform"), *answer(SlotSet(name, value))]


def form(choose):
    events = [user("订", "inform"), ActionExecuted("order_form")]
    events += [ActiveLoop("order_form"), SlotSet("requested_slot", "city"), listen()]
    for _ in range(choose(4)):
        events += [user("再说", "inform"), ActionExecuted("order_form"), listen()]
    if choose(2):
        events += [user("停", "stop")]
        events += [ActionExecutionRejected("order_form"), *answer()]
    if choose(3):
        events += [user("广州", "inform"), ActionExecuted("order_form")]
        events += [SlotSet("city", "广州"), SlotSet("requested_slot", None)]
        events += [ActiveLoop(None), listen()]
    return events


def other(choose):
    return [
        lambda: [user("重来"), ActionExecuted("action_restart"), Restarted(), listen()],
        lambda: [user("清空"), *answer(AllSlotsReset())],
        lambda: [user("撤"), ActionExecuted("action_back"), *back(choose(3) + 1)],
        lambda: [user("错"), ActionExecuted("utter_hello"), ActionReverted(), listen()],
        lambda: [user("歇"), *answer(ConversationPaused())],
        lambda: [ConversationResumed()],
        lambda: [user("接着"), *answer(), FollowupAction("action_look")],
    ][choose(7)]()


def back(times):
    return [UserUtteranceReverted() for _ in range(2 * times)] + [listen()]


def conversation(seed, turns):
    choose = random.Random(seed).randrange
    kinds = [plain, plain, plain, setting, setting, form, other]
    return [kinds[choose(len(kinds))](choose) for _ in range(turns)]


def opened(path, window=WINDOW):
    return MemoryTrackerStore(DOMAIN, db=str(path), window=window)


async def talk(store, turns, begins=True):
    """Saves a conversation turn by turn, as a server would."""
    for number, turn in enumerate(turns):
        tracker = await store.get_or_create_tracker("alice", append_action_listen=False)
        if begins and number == 0:
            for event in (ActionExecuted("action_session_start"), SessionStarted()):
                tracker.update(event)
            tracker.update(listen())
        for event in turn:
            tracker.update(event)
        await store.save(tracker)


def standing(tracker):
    """All that predictions and actions can see of a tracker."""
    state = tracker.current_state()
    del state["latest_event_time"]
    return {
        **state,
        "loop": tracker.active_loop,
        "set": [slot.name for slot in tracker.slots.values() if slot.has_been_set],
        "states": tracker.past_states(DOMAIN)[-LOOKED_BACK:],
        "shown": tracker.past_states(DOMAIN, omit_unset_slots=True)[-LOOKED_BACK:],
    }


async def parts_and_wholes(path, turns):
    """A long session after every turn, as read in part and as a whole."""
    store, whole = opened(path), opened(path, window=0)
    for number, turn in enumerate(turns):
        await talk(store, [turn], begins=number == 0)
        yield await store.retrieve("alice"), await whole.retrieve("alice")
    store.engine.dispose()
    whole.engine.dispose()


def test_a_part_of_a_session_stands_where_the_whole_does():
    parts = []

    # A conversation that fails is not made shorter: that would take minutes.
    @settings(max_examples=25, deadline=None, phases=[Phase.generate])
    @given(st.integers(0, 2**32), st.integers(20, 50))
    def stands(seed, turns):
        async def compared():
            with tempfile.TemporaryDirectory() as folder:
                said = conversation(seed, turns)
                path = Path(folder) / "rasa.db"
                async for part, whole in parts_and_wholes(path, said):
                    assert standing(part) == standing(whole)
                    parts.append(len(part.events) < len(whole.events))

        asyncio.run(compared())

    stands()
    assert sum(parts) > len(parts) / 10


async def test_within_a_form_nothing_is_noted_and_nothing_is_read_for_it(tmp_path):
    store = opened(tmp_path / "rasa.db")
    opens = [user("订", "inform"), ActionExecuted("order_form")]
    await talk(store, [[*opens, ActiveLoop("order_form"), listen()]])
    with mock.patch.object(SessionReader, "take_snapshot") as taken:
        for number in range(20):
            again = [user(f"再说{number}"), ActionExecuted("order_form"), listen()]
            await talk(store, [again], begins=False)
    taken.assert_not_called()


async def test_a_long_session_is_read_in_part(tmp_path):
    store = opened(tmp_path / "rasa.db")
    said = [plain(random.Random(n).randrange) for n in range(100)]
    await talk(store, said)
    part = await store.retrieve("alice")
    messages = [e for e in part.events if isinstance(e, UserUttered)]
    assert 6 <= len(messages) < 16
    full = await store.retrieve_full_tracker("alice")
    assert len([e for e in full.events if isinstance(e, UserUttered)]) == 100


@pytest.mark.parametrize(("window", "kept"), [(10, True), (0, False)])
async def test_events_of_a_session_read_whole_are_kept_if_it_cannot_be_long(
    tmp_path, window, kept
):
    store = opened(tmp_path / "rasa.db", window=window)
    await talk(store, [[user("你好"), listen()]])
    first, again = [(await store.retrieve("alice")).events[-1] for _ in range(2)]
    assert (first is again) is kept


async def test_a_part_of_a_session_still_begins_as_a_session(tmp_path):
    store = opened(tmp_path / "rasa.db")
    said = [plain(random.Random(n).randrange) for n in range(40)]
    # The action was recorded, but its server was away: nothing was said.
    silent = [user("查一下"), ActionExecuted("action_look")]
    await talk(store, [*said, silent])
    assert went_unanswered(await store.retrieve("alice"))


async def test_no_more_snapshots_are_kept_than_are_read(tmp_path):
    path = tmp_path / "rasa.db"
    await talk(opened(path), [plain(random.Random(n).randrange) for n in range(200)])
    with sqlite3.connect(path) as database:
        (kept,) = database.execute("SELECT count(*) FROM tracker_snapshots").fetchone()
    assert 1 <= kept <= 5


async def test_what_was_left_out_is_not_written_again(tmp_path):
    path = tmp_path / "rasa.db"
    said = [setting(random.Random(n).randrange) for n in range(60)]
    await talk(opened(path), said)
    with sqlite3.connect(path) as database:
        (rows,) = database.execute("SELECT count(*) FROM events").fetchone()
    assert rows == 3 + sum(map(len, said))


async def test_what_stands_for_older_events_is_written_by_no_store(tmp_path):
    path = tmp_path / "rasa.db"
    said = [setting(random.Random(n).randrange) for n in range(60)]
    await talk(opened(path), said)
    held = (await opened(path).retrieve("alice")).events
    dump = [event.as_dict() for event in held]
    again = DialogueStateTracker.from_dict("alice", dump, DOMAIN.slots)
    await opened(path).save(again)
    with sqlite3.connect(path) as database:
        (rows,) = database.execute("SELECT count(*) FROM events").fetchone()
    assert rows == 3 + sum(map(len, said))


async def test_what_is_taken_back_may_lie_before_the_window(tmp_path):
    store, whole = opened(tmp_path / "rasa.db"), opened(tmp_path / "rasa.db", 0)
    said = [plain(random.Random(n).randrange) for n in range(40)]
    await talk(store, [*said, [user("撤"), *back(30)]])
    assert standing(await store.retrieve("alice")) == standing(
        await whole.retrieve("alice")
    )


async def test_a_damaged_snapshot_costs_only_time(tmp_path, caplog):
    path = tmp_path / "rasa.db"
    store = opened(path)
    await talk(store, [setting(random.Random(n).randrange) for n in range(60)])
    before = standing(await store.retrieve("alice"))
    with sqlite3.connect(path) as database:
        database.execute("UPDATE tracker_snapshots SET slots = '{'")
    assert standing(await store.retrieve("alice")) == before
    assert "snapshot of 'alice'" in caplog.text


async def test_a_new_session_has_nothing_of_the_old_ones_snapshots(tmp_path):
    store = opened(tmp_path / "rasa.db")
    await talk(store, [plain(random.Random(n).randrange) for n in range(40)])
    await talk(store, [[user("又来了"), *answer()]])
    tracker = await store.retrieve("alice")
    assert [e.text for e in tracker.events if isinstance(e, UserUttered)] == ["又来了"]


async def test_forgetting_leaves_no_snapshot(tmp_path):
    path = tmp_path / "rasa.db"
    store = opened(path)
    await talk(store, [setting(random.Random(n).randrange) for n in range(60)])
    store._repository.forget("alice")
    with sqlite3.connect(path) as database:
        found = database.execute("SELECT slots FROM tracker_snapshots").fetchall()
    assert found == []


@pytest.mark.parametrize("window", [-1, "20", True, 2.5])
def test_an_impossible_window_is_named(tmp_path, window):
    with pytest.raises(SettingsError, match="'window'"):
        opened(tmp_path / "rasa.db", window)


def test_slots_that_cannot_be_written_are_no_snapshot():
    tracker = MemoryTracker("alice", DOMAIN.slots)
    tracker.update(listen())
    assert json.loads(slots_at_rest(tracker)) == {}
    tracker.update(SlotSet("city", object()))
    assert slots_at_rest(tracker) is None
