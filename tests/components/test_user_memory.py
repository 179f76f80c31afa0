"""What a message tells of its user is known at once, and after it was stored."""

import time
from datetime import datetime, timezone

import pytest
from rasa.shared.core.events import (
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.components.user_memory import (
    current_user_context,
    memory_must_speak,
)
from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.user_context import FactKind, UserContext
from framework_plugin.errors import MemoryStoreError, SettingsError
from tests.components.talking import (
    DOMAIN,
    begin_session,
    facts,
    open_store,
    say,
    turn,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory" / "rasa.db"


@pytest.fixture
def store(path):
    return open_store(path)


async def test_a_name_told_in_this_message_is_known_at_once(store):
    await turn(store, "alice", "我喜欢龙井")
    tracker = await store.retrieve("alice")
    tracker.update(UserUttered("对了，我叫小鱼"))
    context = current_user_context(tracker)
    assert context.value(FactKind.NAME) == "小鱼"
    assert context.values(FactKind.LIKE) == ("龙井",)


def test_a_plain_tracker_teaches_what_was_said_in_it():
    tracker = DialogueStateTracker("carol", DOMAIN.slots)
    assert current_user_context(tracker) == UserContext("carol")
    tracker.update(UserUttered("我叫小鱼"))
    tracker.update(UserUttered("/greet"))
    assert current_user_context(tracker).value(FactKind.NAME) == "小鱼"


async def test_turns_before_a_session_that_has_just_begun_are_earlier_ones(store):
    await turn(store, "alice", "我想学做桂花糕", "好主意")
    tracker = await store.retrieve("alice")
    begin_session(tracker)
    tracker.update(UserUttered("早"))
    assert current_user_context(tracker).earlier_turns == (
        Turn(Speaker.USER, "我想学做桂花糕"),
        Turn(Speaker.BOT, "好主意"),
    )


async def test_an_entity_fills_in_what_the_pattern_did_not_catch(store):
    tracker = await store.get_or_create_tracker("alice")
    text = "我住在那个叫平遥的古城"
    entity = {"entity": "city", "value": "平遥", "start": 6, "end": 8}
    say(tracker, text, entities=[entity])
    await store.save(tracker)
    assert facts(await store.retrieve("alice"), FactKind.CITY) == ("平遥",)


async def test_another_name_counts_once_the_user_agrees(store, path):
    await turn(store, "alice", "我叫欧阳翀")
    await turn(store, "alice", "我叫苏木", "我记得你叫欧阳翀，是改叫苏木了吗？")
    asked = await open_store(path).retrieve("alice")
    assert facts(asked, FactKind.NAME) == ("欧阳翀",)
    assert asked.user_context.asked.value == "苏木"
    await turn(store, "alice", "是的")
    agreed = await open_store(path).retrieve("alice")
    assert facts(agreed, FactKind.NAME) == ("苏木",)
    assert agreed.user_context.asked is None


async def test_a_button_takes_the_question_back(store):
    for text in ("我叫欧阳翀", "我叫苏木", "/greet", "是的"):
        await turn(store, "alice", text)
    tracker = await store.retrieve("alice")
    assert facts(tracker, FactKind.NAME) == ("欧阳翀",)


async def test_the_memory_speaks_where_only_it_can(store):
    for text, must in (
        ("我叫欧阳翀", False),
        ("是的", False),
        ("我叫苏木", True),
        ("是的", True),
        ("帮我记一下，我的车停在B2", True),
        ("今天真好", False),
    ):
        tracker = await store.get_or_create_tracker("alice")
        tracker.update(UserUttered(text))
        assert memory_must_speak(tracker) is must, text
        await store.save(tracker)


async def test_while_the_database_is_away_a_question_stays_open(store, monkeypatch):
    await turn(store, "alice", "我叫欧阳翀")

    def away(*arguments, **options):
        raise MemoryStoreError("away")

    with monkeypatch.context() as patched:
        patched.setattr(store, "_write", away)
        patched.setattr(store, "_load", away)
        await turn(store, "alice", "我叫苏木")
        tracker = await store.retrieve("alice")
        assert tracker.user_context.asked.value == "苏木"
        await turn(store, "alice", "是的")
    assert facts(await store.retrieve("alice"), FactKind.NAME) == ("苏木",)


async def test_days_are_those_of_the_time_zone(path):
    late = datetime(2126, 3, 18, 20, tzinfo=timezone.utc).timestamp()
    for user, zone, day in (
        ("li", "Asia/Shanghai", "2126-03-20"),
        ("ann", "Europe/London", "2126-03-19"),
    ):
        store = MemoryTrackerStore(DOMAIN, db=str(path), time_zone=zone)
        tracker = await store.get_or_create_tracker(user)
        tracker.update(UserUttered("我明天要去体检", timestamp=late))
        (plan,) = current_user_context(tracker).facts
        assert plan.day == day
        await store.save(tracker)
        assert [f.day for f in (await store.retrieve(user)).user_context.facts] == [day]


def test_an_unknown_time_zone_stops_the_start(path):
    with pytest.raises(SettingsError, match="Asia/Nowhere"):
        MemoryTrackerStore(DOMAIN, db=str(path), time_zone="Asia/Nowhere")


async def test_a_plan_of_yesterday_is_no_fact_of_today(store):
    tracker = await store.get_or_create_tracker("alice")
    said = time.time() - 3 * 86_400
    tracker.update(UserUttered("我明天要去体检", timestamp=said))
    await store.save(tracker)
    assert facts(await store.retrieve("alice"), FactKind.PLAN) == ()
