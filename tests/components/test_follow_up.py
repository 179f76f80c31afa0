"""Coming back after something one had planned."""

import sqlite3
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    SessionStarted,
    UserUttered,
)

from framework_plugin.components.follow_up import FOLLOWED_UP
from framework_plugin.components.fresh_responses import FreshResponses
from framework_plugin.components.tracker_store import MemoryTrackerStore
from tests.memory.turns import turn

BUNDLED = Domain.load(str(Path(__file__).parents[2] / "domain"))
DAY = 86_400.0
# Wednesday, 18 March 2026, noon in China.
SAID = 1_773_806_400.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rasa.db"


@pytest.fixture
def store(path):
    return MemoryTrackerStore(BUNDLED, db=str(path))


async def visit(store, at, text, action="utter_greet", domain=BUNDLED, user="alice"):
    """A session that begins with a message, answered and saved; the answer."""
    tracker = await store.get_or_create_tracker(user, append_action_listen=False)
    tracker.update(ActionExecuted("action_session_start", timestamp=at))
    tracker.update(SessionStarted(timestamp=at))
    tracker.update(ActionExecuted("action_listen", timestamp=at))
    return await answered(store, tracker, at + 1, text, action, domain)


async def answered(store, tracker, at, text, action="utter_greet", domain=BUNDLED):
    tracker.update(UserUttered(text, timestamp=at))
    tracker.update(ActionExecuted(action, timestamp=at))
    said = await FreshResponses(domain=domain).generate(action, tracker, "cli")
    words = said.pop("text")
    tracker.update(BotUttered(words, metadata=said, timestamp=at + 1))
    tracker.update(ActionExecuted("action_listen", timestamp=at + 1))
    await store.save(tracker)
    return words


async def test_it_is_asked_once_how_it_went(store):
    await visit(store, SAID, "我下周三要面试", "utter_praise")
    early = await visit(store, SAID + 2 * DAY, "你好")
    assert "面试" not in early
    asked = await visit(store, SAID + 8 * DAY, "你好")
    assert "3月18日你说要面试" in asked or "3月18日听你说要面试" in asked
    assert "面试" not in await visit(store, SAID + 9 * DAY, "你好")


async def test_within_a_turn_that_is_not_saved_it_is_asked_once_too(store):
    await visit(store, SAID, "我明天考试", "utter_praise")
    tracker = await store.retrieve("alice")
    tracker.update(SessionStarted(timestamp=SAID + 3 * DAY))
    tracker.update(UserUttered("你好", timestamp=SAID + 3 * DAY))
    nlg = FreshResponses(domain=BUNDLED)
    first = await nlg.generate("utter_greet", tracker, "cli")
    assert isinstance(first[FOLLOWED_UP], int)
    tracker.update(BotUttered(first.pop("text"), metadata=first))
    second = await nlg.generate("utter_greet", tracker, "cli")
    assert FOLLOWED_UP not in second


@pytest.mark.parametrize(
    ("action", "greeting"),
    [
        ("utter_greet_morning", "早上好"),
        ("utter_greet_evening", "晚上好"),
    ],
)
async def test_the_greeting_is_returned_as_it_was_given(store, action, greeting):
    await visit(store, SAID, "我明天考试", "utter_praise")
    asked = await visit(store, SAID + 2 * DAY, "早", action)
    assert asked.startswith(greeting)
    assert "考试" in asked


async def test_nothing_is_brought_up_off_topic(store):
    await visit(store, SAID, "我明天考试", "utter_praise")
    assert "考试" not in await visit(store, SAID + 2 * DAY, "谢谢", "utter_thank")


async def test_who_told_the_outcome_is_not_asked(store):
    await visit(store, SAID, "我明天考试", "utter_praise")
    await visit(store, SAID + 2 * DAY, "考试考完了", "utter_praise")
    assert "考试" not in await visit(store, SAID + 3 * DAY, "你好")


async def test_nobody_is_asked_about_the_plans_of_another(store):
    await visit(store, SAID, "我明天考试", "utter_praise")
    await visit(store, SAID, "你好", user="bob")
    assert "考试" not in await visit(store, SAID + 2 * DAY, "你好", user="bob")


async def test_what_was_to_be_forgotten_is_not_asked_about(store):
    await visit(store, SAID, "我明天考试", "utter_praise")
    await visit(store, SAID + 60, "忘掉关于我的一切", "utter_praise")
    assert "考试" not in await visit(store, SAID + 2 * DAY, "你好")


async def test_what_is_not_to_be_kept_is_not_asked_about(store, path):
    await visit(store, SAID, "我明天考试", "utter_praise")
    tracker = await store.retrieve("alice")
    await answered(store, tracker, SAID + 60, "刚才说的别记", "utter_praise")
    await visit(store, SAID, "我明天答辩，这个别记", "utter_praise", user="bob")
    for user in ("alice", "bob"):
        words = await visit(store, SAID + 2 * DAY, "你好", user=user)
        assert "考试" not in words
        assert "答辩" not in words
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT * FROM user_facts").fetchall() == []


async def test_a_plan_told_on_one_channel_is_asked_about_on_the_other_once(store):
    await visit(store, SAID, "我明天考试", "utter_praise", user="wx")
    store._repository.link("wx", "web", SAID + 1)
    asked = await visit(store, SAID + 2 * DAY, "你好", user="web")
    assert "考试" in asked
    for user in ("wx", "web"):
        assert "考试" not in await visit(store, SAID + 3 * DAY, "你好", user=user)


async def test_who_told_the_outcome_on_one_channel_is_not_asked_on_the_other(store):
    await visit(store, SAID, "我明天考试", "utter_praise", user="wx")
    store._repository.link("wx", "web", SAID + 1)
    await visit(store, SAID + 2 * DAY, "考试考完了", "utter_praise", user="web")
    assert "考试" not in await visit(store, SAID + 3 * DAY, "你好", user="wx")


async def test_a_plan_told_on_both_channels_is_asked_about_once(store):
    for user in ("wx", "web"):
        await visit(store, SAID, "我明天考试", "utter_praise", user=user)
    assert "考试" in await visit(store, SAID + 2 * DAY, "你好", user="web")
    store._repository.link("wx", "web", SAID + 2 * DAY + 60)
    for user in ("wx", "web"):
        assert "考试" not in await visit(store, SAID + 3 * DAY, "你好", user=user)


async def test_in_the_same_session_it_is_not_asked(store):
    await visit(store, SAID, "我今天考试", "utter_praise")
    tracker = await store.retrieve("alice")
    words = await answered(store, tracker, SAID + 2 * DAY, "你好")
    assert "考试" not in words


async def test_a_domain_without_words_for_it_greets_as_ever(store):
    domain = Domain.from_yaml(
        "version: '3.1'\nresponses:\n  utter_greet: [{text: 你好}]\n"
    )
    await visit(store, SAID, "我明天考试", "utter_praise")
    assert await visit(store, SAID + 2 * DAY, "你好", domain=domain) == "你好"


async def test_the_store_summarises_a_session_when_the_next_begins(store, path):
    await visit(store, SAID, "我明天考试", "utter_praise")
    await visit(store, SAID + DAY, "考完了，去爬山", "utter_praise")
    with sqlite3.connect(path) as raw:
        rows = raw.execute("SELECT topics, plans FROM session_summaries").fetchall()
    assert len(rows) == 1
    assert "考试" in rows[0][0]
    assert "考试" in rows[0][1]


async def test_a_tracker_that_is_saved_twice_still_settles_what_it_opened(
    tmp_path: Path,
) -> None:
    store = MemoryTrackerStore(Domain.empty(), db=str(tmp_path / "rasa.db"))
    await turn(store, "我叫林晓")
    tracker = await store.retrieve("alice")
    assert tracker.is_settled
    tracker.update(UserUttered("我叫林小"))
    await store.save(tracker)
    assert (await store.retrieve("alice")).user_context.asked is not None
    tracker.update(UserUttered("今天天气不错"))
    await store.save(tracker)
    assert (await store.retrieve("alice")).user_context.asked is None
