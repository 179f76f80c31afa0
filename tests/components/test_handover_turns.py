"""A conversation goes to a person and back: Rasa's processor, a real action server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.shared.core.domain import SessionConfig
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from framework_plugin.handover import sentences
from framework_plugin.handover.entry import Outcome, Reason
from framework_plugin.memory.audit import read_audit
from tests.components.handover_bot import Bot, open_store, train_bot
from tests.servers import ActionServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_bot(tmp_path_factory.mktemp("bot"))


@pytest.fixture(scope="module")
def bot(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    folder = tmp_path_factory.mktemp("desk")
    database = folder / "rasa.db"
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(
        f"tracker_store: {{type: sql, dialect: sqlite, db: {database}}}\n"
    )
    (folder / "handover.yml").write_text("idle_minutes: 30\n")
    server = ActionServer(endpoints)
    made = Bot(model, open_store(database), server.url)
    server.wait_until_ready()
    yield made
    server.stop()


async def test_who_waits_is_still_answered_and_told_the_place(bot: Bot) -> None:
    (first,) = await bot.texts("转人工", "ann")
    (second,) = await bot.texts("转人工", "ben")
    assert first.startswith("好，我替您转人工。您排在第1位")
    assert second.startswith("好，我替您转人工。您前面还有1位，您是第2位")
    assert await bot.texts("你好", "ben") == ["你好呀"]
    (place,) = await bot.texts("前面还有几位", "ben")
    assert place.startswith("您前面还有1位，您是第2位")
    assert await bot.texts("不用人工了", "ann") == [sentences.LEFT_QUEUE]
    (place,) = await bot.texts("转人工", "ben")
    assert place.startswith("您排在第1位")
    assert await bot.texts("不用人工了", "ben") == [sentences.LEFT_QUEUE]
    assert await bot.texts("前面还有几位", "ben") == [sentences.NOT_IN_QUEUE]


async def test_while_a_person_has_it_the_assistant_is_silent(bot: Bot) -> None:
    entry = await bot.wait_for_person("carol")
    assert await bot.texts("你好", "carol") == [sentences.taken("小林")]
    assert await bot.texts("你好", "carol") == []
    assert await bot.texts("转人工", "carol") == []
    view = bot.desk.show(entry, "cli:me", time.time())
    assert [m.text for m in view.summary.since if m.speaker.value == "user"] == [
        *("你好", "你好", "转人工")
    ]
    with bot.store.memory.repository.reading() as connection:
        (*_, noted) = read_audit(connection, "carol")
    assert (noted.actor, noted.action) == ("cli:me", "handover show")


async def test_what_the_person_says_comes_with_the_next_message(bot: Bot) -> None:
    entry = await bot.wait_for_person("dora")
    bot.desk.reply(entry, "您的订单在路上", "test", time.time())
    assert [one.text for one in bot.desk.queue.pending(bot.desk.queue.find(entry))] == [
        *(sentences.taken("小林"), "您的订单在路上")
    ]
    assert await bot.texts("你好", "dora") == [
        *(sentences.taken("小林"), "您的订单在路上")
    ]
    assert await bot.texts("在吗", "dora") == []
    assert bot.desk.queue.pending(bot.desk.queue.find(entry)) == []
    tracker = await bot.store.retrieve("dora")
    said = [e for e in tracker.events if isinstance(e, BotUttered)]
    source = said[-1].metadata["source"]
    assert (source["kind"], source["name"]) == ("person", "小林")
    assert said[-1].text == "您的订单在路上"


async def test_closed_the_assistant_says_so_and_answers_what_was_said(
    bot: Bot,
) -> None:
    entry = await bot.wait_for_person("emil")
    await bot.say("你好", "emil")
    bot.desk.close(entry, "test", time.time())
    assert await bot.texts("你好", "emil") == [sentences.CLOSED, "你好呀"]
    assert await bot.texts("你好", "emil") == ["你好呀"]
    tracker = await bot.store.retrieve("emil")
    assert not tracker.is_paused()
    assert tracker.latest_action_name == "action_listen"


async def test_a_user_takes_the_assistant_back_from_the_person(bot: Bot) -> None:
    entry = await bot.wait_for_person("fay")
    await bot.say("你好", "fay")
    # No rule knows these words: they are told by themselves.
    assert await bot.texts("算了，回到机器人吧", "fay") == [sentences.LEFT_PERSON]
    assert bot.desk.queue.find(entry).outcome is Outcome.LEFT
    assert await bot.texts("你好", "fay") == ["你好呀"]


async def test_a_person_who_is_silent_too_long_is_replaced(bot: Bot) -> None:
    entry = await bot.wait_for_person("gus")
    await bot.say("你好", "gus")
    bot.desk.queue.take(entry, "小林", time.time(), -1.0)
    assert await bot.texts("你好", "gus") == [sentences.LAPSED, "你好呀"]
    assert bot.desk.queue.find(entry).outcome is Outcome.LAPSED


async def test_strong_anger_said_twice_leads_to_a_person(bot: Bot) -> None:
    assert await bot.texts("你们就是骗子", "hal") == ["对不起"]
    (text,) = await bot.texts("气死我了", "hal")
    assert "您很生气" in text
    entry = bot.desk.queue.entry_of("hal")
    assert entry is not None
    assert entry.reason is Reason.ANGER
    # It is in the queue now: more of it is answered as ever.
    assert await bot.texts("气死我了", "hal") == ["对不起"]
    await bot.say("不用人工了", "hal")
    assert await bot.texts("气死我了", "hal") == ["对不起"]


async def test_a_cry_for_help_is_answered_whoever_has_it(bot: Bot) -> None:
    await bot.wait_for_person("ivy")
    await bot.say("你好", "ivy")
    assert await bot.texts("不想活了", "ivy") == ["请现在就拨 12356"]
    assert await bot.texts("你好", "ivy") == []


async def test_the_person_has_it_in_the_next_session_too(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await bot.wait_for_person("joe")
    await bot.say("你好", "joe")
    assert bot.agent.processor is not None
    expired = SessionConfig(1e-9, True)
    monkeypatch.setattr(bot.agent.processor.domain, "session_config", expired)
    assert await bot.texts("还在吗", "joe") == []
    monkeypatch.undo()
    view = bot.desk.show(entry, "test", time.time())
    assert [m.text for m in view.summary.since][-1] == "还在吗"


async def test_after_a_person_the_tracker_goes_on_as_usual(bot: Bot) -> None:
    entry = await bot.wait_for_person("kim")
    for number in range(30):
        assert len(await bot.say(f"第{number}句", "kim")) == (number == 0)
    bot.desk.close(entry, "test", time.time())
    for _ in range(25):
        await bot.say("你好", "kim")
    assert await bot.texts("你好", "kim") == ["你好呀"]
    tracker = await bot.store.retrieve_full_tracker("kim")
    said = [e.text for e in tracker.events if isinstance(e, UserUttered)]
    assert len(said) == 57
    window = await bot.store.retrieve("kim")
    assert sum(isinstance(e, UserUttered) for e in window.events) < 40
    listens = [e for e in tracker.events if isinstance(e, ActionExecuted)]
    assert listens[-1].action_name == "action_listen"


async def test_who_is_forgotten_is_in_no_queue(bot: Bot) -> None:
    entry = await bot.wait_for_person("lea")
    bot.desk.reply(entry, "您好", "test", time.time())
    exported = bot.store.memory.export("lea")["handovers"]
    assert [reply["text"] for reply in exported[0]["replies"]][-1] == "您好"
    bot.store.forget("lea")
    assert bot.desk.queue.entry_of("lea") is None
    assert "lea" not in dict(bot.desk.outbox.due_senders(time.time()))
    assert bot.store.memory.export("lea")["handovers"] == []
