"""Linked senders in the tracker store: shared facts, secret codes, ids in pages."""

import json
import sqlite3

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.pages import PAGE
from tests.memory.turns import turn

DOMAIN = Domain.empty()
CODE = "K7MP-2QXD"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rasa.db"


@pytest.fixture
def store(path):
    return MemoryTrackerStore(DOMAIN, db=str(path))


async def test_each_sender_has_its_own_tracker_and_the_facts_of_the_person(store, path):
    await turn(store, "我叫小雨", "wx")
    await turn(store, "你好", "rest")
    # As the action server does: on another connection.
    MemoryTrackerStore(DOMAIN, db=str(path))._repository.link("wx", "rest", 1.0)
    await turn(store, "我喜欢攀岩", "rest")
    for sender, said in (("wx", ["我叫小雨"]), ("rest", ["你好", "我喜欢攀岩"])):
        tracker = await store.retrieve(sender)
        texts = [e.text for e in tracker.events if isinstance(e, UserUttered)]
        assert (tracker.sender_id, texts) == (sender, said)
        assert tracker.user_context.value(FactKind.NAME) == "小雨"
        assert tracker.user_context.values(FactKind.LIKE) == ("攀岩",)
    earlier = [
        t.text for t in (await store.retrieve("rest")).user_context.earlier_turns
    ]
    assert "我叫小雨" in earlier
    assert "你好" not in earlier


async def test_who_is_linked_is_known_at_the_first_words(store):
    await turn(store, "我叫小雨", "wx")
    store._repository.link("wx", "web", 1.0)
    tracker = await store.retrieve("web")
    assert list(tracker.events) == []
    assert tracker.user_context.value(FactKind.NAME) == "小雨"
    assert await store.retrieve("stranger") is None


async def test_facts_of_an_outage_go_to_the_person(store, path):
    store._repository.link("wx", "rest", 1.0)
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE events RENAME TO away")
    await turn_away(store, "rest", "我叫小雨")
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE away RENAME TO events")
    await turn(store, "在吗", "wx")
    context = (await store.retrieve("wx")).user_context
    assert context.value(FactKind.NAME) == "小雨"


async def turn_away(store, sender, text):
    tracker = store.init_tracker(sender)
    tracker.update(UserUttered(text))
    await store.save(tracker)


def linking(tracker, said, intent=None, parsed=None):
    tracker.update(UserUttered(said, {"name": intent}, parse_data=parsed))
    tracker.update(ActionExecuted("action_link_account"))
    source = {"source": {"kind": "link_code"}}
    tracker.update(BotUttered(f"你的绑定码是 {CODE}，10分钟内有效。", metadata=source))


@pytest.mark.parametrize(
    "said",
    [f"绑定 {CODE}", "绑定k7mp2qxd谢谢", CODE, " k7mp2qxd ", "Ｋ７ＭＰ-２ＱＸＤ"],
)
async def test_a_code_that_was_said_is_not_in_the_file(store, path, said):
    class Broker:
        published = ""

        def publish(self, event):
            self.published += json.dumps(event, ensure_ascii=False)

    store.event_broker = Broker()
    intent = "link_account" if "绑定" in said else "chitchat"
    parsed = {"text": said, "intent": {"name": intent}, "message_id": "2345abcd"}
    parsed["entities"] = [{"entity": "product", "value": said, "start": 0, "end": 9}]
    tracker = store.init_tracker("wx")
    linking(tracker, said, intent, parsed)
    await store.save(tracker)
    stored = await store.retrieve("wx")
    texts = [e.text for e in stored.events if isinstance(e, UserUttered | BotUttered)]
    assert all("****-****" in text for text in texts)
    store.engine.dispose()
    dumps = [path.read_text("utf-8", errors="ignore"), store.event_broker.published]
    for content in dumps:
        plain = content.upper().replace("-", "")
        assert "K7MP2QXD" not in plain
        assert json.dumps("Ｋ７ＭＰ")[1:-1].upper() not in plain
        assert "2345abcd" in content


async def test_a_code_is_not_in_the_journal(store, path):
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE events RENAME TO away")
    tracker = store.init_tracker("wx")
    linking(tracker, f"绑定 {CODE}", "link_account")
    await store.save(tracker)
    (journal,) = path.parent.glob("*.unsaved.jsonl")
    assert CODE not in journal.read_text("utf-8")
    assert "****-****" in journal.read_text("utf-8")


async def test_words_that_only_look_like_a_code_are_kept(store):
    said = "我的手机是 MATE-60PR，序列号 K7MP-2QXD"
    tracker = store.init_tracker("wx")
    tracker.update(UserUttered(said, {"name": "chitchat"}))
    await store.save(tracker)
    (kept,) = (await store.retrieve("wx")).events
    assert kept.text == said


async def test_all_ids_are_there_in_pages_of_any_size(store):
    ids = {f"user-{number}" for number in range(23)} | {"", "Ünal", "微信-1"}
    for sender in ids:
        await turn_away(store, sender, "你好")
        await turn_away(store, sender, "你好")
    theirs = await SQLTrackerStore(DOMAIN, db=store.engine.url.database).keys()
    assert sorted(await store.keys()) == sorted(ids) == sorted(theirs)
    for limit in (1, 7, 26, PAGE):
        found: list[str] = []
        while page := await store.keys_page(found[-1] if found else None, limit):
            assert len(page) <= limit
            found += page
        assert sorted(found) == sorted(ids)
    with pytest.raises(ValueError, match="expected 1 to 500"):
        await store.keys_page(limit=0)


async def test_a_store_without_conversations_has_no_ids(store):
    assert await store.keys() == []
