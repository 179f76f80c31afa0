"""What the tracker store keeps of what users say, on a real SQLite file."""

import asyncio
import json
import logging
import sqlite3

import pytest
import structlog
from cryptography.fernet import Fernet
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)

from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.components.user_memory import current_user_context
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.audit import read_audit
from framework_plugin.memory.masked_logs import mask_logs
from tests.memory.turns import said

PHONE, MASKED = "13812345678", "138****5678"
DOMAIN = Domain.from_yaml(
    """
version: "3.1"
slots:
  phone: {type: text, mappings: [{type: custom}]}
  topic: {type: text, mappings: [{type: custom}]}
"""
)
QUESTION = {"source": {"kind": "consent"}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory" / "rasa.db"


@pytest.fixture
def open_store(path):
    def make(**options):
        return MemoryTrackerStore(DOMAIN, db=str(path), **options)

    return make


async def say(store, text, *extra, user="alice", reply="好", metadata=None):
    """A turn; returns the tracker as Rasa had it while it answered."""
    tracker = await store.get_or_create_tracker(user, append_action_listen=False)
    if not tracker.events:
        for event in (ActionExecuted("action_session_start"), SessionStarted()):
            tracker.update(event)
        tracker.update(ActionExecuted("action_listen"))
    entity = {"entity": "phone", "value": PHONE, "start": 0, "end": 11}
    entities = [entity] if PHONE in text else []
    tracker.update(UserUttered(text, {"name": "chat"}, entities, message_id=PHONE))
    for event in extra:
        tracker.update(event)
    tracker.update(ActionExecuted("utter_generated"))
    tracker.update(BotUttered(reply, metadata=metadata))
    tracker.update(ActionExecuted("action_listen"))
    await store.save(tracker)
    return tracker


def files(path):
    """All that is on the disk, JSON's escapes undone."""
    found = [file.read_bytes() for file in path.parent.iterdir()]
    text = b"".join(found).decode("utf-8", "replace")
    return text + text.encode("ascii", "replace").decode("unicode_escape", "replace")


def rows(path):
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT data FROM events ORDER BY id").fetchall()
    return [json.loads(data) for (data,) in found]


class TestMasking:
    async def test_no_file_holds_a_number_and_spans_still_fit(self, open_store, path):
        store = open_store()
        said_now = f"{PHONE}是我的电话"
        await say(store, said_now, SlotSet("phone", PHONE), reply=f"记下{PHONE}了")
        stored = rows(path)
        user = next(e for e in stored if e["event"] == "user")
        assert user["text"] == user["parse_data"]["text"] == f"{MASKED}是我的电话"
        (entity,) = user["parse_data"]["entities"]
        assert entity["value"] == MASKED
        assert user["text"][entity["start"] : entity["end"]] == MASKED
        assert user["message_id"] == PHONE
        bot = next(e for e in stored if e["event"] == "bot")
        assert bot["text"] == f"记下{MASKED}了"
        without_ids = files(path).replace(f'"message_id":"{PHONE}"', "")
        assert PHONE not in without_ids

    async def test_a_form_of_this_process_can_use_what_was_typed(self, open_store):
        store = open_store()
        await say(store, f"电话{PHONE}", SlotSet("phone", PHONE))
        tracker = await say(store, "对")
        assert tracker.get_slot("phone") == PHONE
        assert said(tracker) == [f"电话{PHONE}", "对"]
        elsewhere = await open_store().retrieve("alice")
        assert elsewhere.get_slot("phone") == MASKED
        assert said(elsewhere) == [f"电话{MASKED}", "对"]

    async def test_snapshots_are_masked_and_the_slot_stays_usable(
        self, open_store, path
    ):
        store = open_store(window=2)
        await say(store, f"电话{PHONE}", SlotSet("phone", PHONE))
        for number in range(40):
            tracker = await say(store, f"第{number}句")
        with sqlite3.connect(path) as connection:
            slots = [
                s for (s,) in connection.execute("SELECT slots FROM tracker_snapshots")
            ]
        assert slots
        assert all(json.loads(s)["phone"] == MASKED for s in slots)
        assert len(said(tracker)) < 41
        assert tracker.get_slot("phone") == PHONE

    async def test_an_hour_later_only_the_masked_number_is_left(self, open_store):
        store = open_store()
        tracker = await store.get_or_create_tracker("alice")
        for at, number in ((1_000.0, PHONE), (5_000.0, "13987654321")):
            tracker.update(UserUttered(f"电话{number}", timestamp=at))
        await store.save(tracker)
        again = await store.retrieve("alice")
        assert said(again) == [f"电话{MASKED}", "电话13987654321"]

    async def test_it_can_be_switched_off(self, open_store):
        await say(open_store(masking=False), f"电话{PHONE}")
        assert said(await open_store().retrieve("alice")) == [f"电话{PHONE}"]

    async def test_the_journal_and_the_event_broker_get_masked_events(
        self, open_store, path
    ):
        class Broker:
            def __init__(self):
                self.published = []

            def publish(self, event):
                self.published.append(event)

        store = open_store()
        store.event_broker = Broker()
        await say(store, "你好")
        with sqlite3.connect(path) as connection:
            connection.execute("ALTER TABLE events RENAME TO away")
        await say(store, f"电话{PHONE}")
        journal = path.with_name("rasa.db.unsaved.jsonl").read_text(encoding="utf-8")
        assert MASKED in journal
        assert f"电话{PHONE}" not in journal.encode().decode("unicode_escape")
        with sqlite3.connect(path) as connection:
            connection.execute("ALTER TABLE away RENAME TO events")
        await say(store, "回来了")
        texts = [
            e["text"] for e in store.event_broker.published if e["event"] == "user"
        ]
        assert texts == ["你好", f"电话{MASKED}", "回来了"]

    async def test_no_number_becomes_a_fact(self, open_store):
        store = open_store()
        tracker = await say(store, f"我喜欢{PHONE}，还喜欢攀岩")
        likes = current_user_context(tracker).values(FactKind.LIKE)
        assert PHONE not in "".join(likes)
        stored = (await store.retrieve("alice")).user_context.values(FactKind.LIKE)
        assert likes == stored


class TestLogs:
    def test_records_of_any_logger_are_masked(self, caplog):
        mask_logs()
        mask_logs()
        for name in ("rasa.core.processor", "framework_plugin.x", "somebody.else"):
            with caplog.at_level(logging.DEBUG, name):
                logging.getLogger(name).debug("收到%s和%s", f"电话{PHONE}", 7)
                try:
                    raise ValueError(f"bad {PHONE}")
                except ValueError:
                    logging.getLogger(name).exception("failed")
        assert caplog.text.count(MASKED) == 6
        assert PHONE not in caplog.text

    def test_structlog_is_masked_before_it_becomes_json(self, caplog):
        shown = []
        before = structlog.get_config()
        structlog.configure(
            processors=[structlog.processors.JSONRenderer()],
            logger_factory=lambda *_: type("Out", (), {"debug": shown.append})(),
            wrapper_class=structlog.make_filtering_bound_logger(0),
            cache_logger_on_first_use=True,
        )
        try:
            logger = structlog.get_logger()
            logger.debug("warm up, so that the logger is in use already")
            mask_logs()
            event = BotUttered(f"我{PHONE}")
            logger.debug("x", text=f"电话{PHONE}", slots={"p": PHONE}, rasa_event=event)
        finally:
            structlog.configure(**before)
        assert PHONE not in shown[-1]
        assert shown[-1].count(MASKED) == 3

    def test_escaped_text_is_masked_too(self):
        mask_logs()
        said = json.dumps({"text": f"电话{PHONE}"})
        logger = logging.getLogger("tests")
        record = logger.makeRecord("tests", logging.INFO, "f", 1, "%s", (said,), None)
        assert MASKED in record.getMessage()

    def test_a_wrong_call_is_left_to_logging(self, capsys):
        mask_logs()
        logging.getLogger("x").makeRecord("x", 20, "f", 1, "%s %s", ("a",), None)


def ask(store, text, **options):
    return say(store, text, metadata=QUESTION, **options)


class TestConsent:
    async def test_nothing_is_stored_until_the_user_agrees(self, open_store, path):
        store = open_store(consent="required")
        await ask(store, "我叫小鱼，喜欢龙井")
        tracker = await say(store, "今天好累")
        assert said(tracker) == ["我叫小鱼，喜欢龙井", "今天好累"]
        assert tracker.user_context.value(FactKind.NAME) == "小鱼"
        for word in ("小鱼", "龙井", "好累", "alice"):
            assert word not in files(path)
        assert rows(path) == []
        assert await open_store(consent="required").retrieve("alice") is None

    async def test_who_agrees_is_remembered_with_the_running_session(self, open_store):
        store = open_store(consent="required")
        await ask(store, "我叫小鱼")
        await say(store, "好的，可以记")
        await say(store, "我喜欢龙井")
        again = await open_store(consent="required").retrieve("alice")
        assert said(again) == ["我叫小鱼", "好的，可以记", "我喜欢龙井"]
        assert again.user_context.value(FactKind.NAME) == "小鱼"
        assert again.user_context.values(FactKind.LIKE) == ("龙井",)

    async def test_a_plain_yes_counts_only_right_after_the_question(
        self, open_store, path
    ):
        store = open_store(consent="required")
        await say(store, "好的")
        await ask(store, "我叫小鱼")
        await say(store, "今天好累")
        await say(store, "好的")
        assert rows(path) == []

    async def test_a_question_that_opens_the_session_is_answered_by_the_second_message(
        self, open_store, path
    ):
        store = open_store(consent="required")
        for round in range(2):
            # As Rasa does: what an action says comes before its events.
            tracker = await store.get_or_create_tracker("alice", 99, False)
            for event in (
                ActionExecuted("action_session_start"),
                BotUttered("可以记吗", metadata=QUESTION),
                SessionStarted(),
                ActionExecuted("action_listen"),
            ):
                tracker.update(event)
            await store.save(tracker)
            tracker = await say(store, "好的")
            assert said(tracker) == ["好的"]
            assert rows(path) == []
            if round == 0:
                await say(store, "今天好累")
        await say(store, "好的")
        assert said(await store.retrieve("alice")) == ["好的", "好的"]

    async def test_who_takes_it_back_is_forgotten_and_can_go_on_talking(
        self, open_store, path
    ):
        store = open_store(consent="required")
        await ask(store, "我叫小鱼")
        await say(store, "同意")
        await say(store, "撤回同意")
        tracker = await say(store, "我喜欢龙井")
        assert said(tracker) == ["我喜欢龙井"]
        assert tracker.user_context.value(FactKind.NAME) is None
        assert rows(path) == []
        for word in ("小鱼", "龙井"):
            assert word not in files(path)
        with store.memory.repository.reading() as connection:
            actions = [e.action for e in read_audit(connection, "alice")]
        assert actions == ["consent given", "consent refused"]
        assert store.memory.export("alice")["consents"][0]["state"] == "refused"

    async def test_who_refuses_is_not_stored_and_may_agree_later(self, open_store):
        store = open_store(consent="required")
        await ask(store, "你好")
        await say(store, "不同意")
        await say(store, "秘密")
        await say(store, "我同意你记住")
        await say(store, "不是秘密")
        again = await open_store(consent="required").retrieve("alice")
        assert said(again)[-1] == "不是秘密"

    async def test_without_the_setting_everybody_is_remembered(self, open_store, path):
        await say(open_store(), "我叫小鱼")
        assert "小鱼" in files(path)

    async def test_an_outage_is_no_reason_to_store_or_to_lose(self, open_store, path):
        store = open_store(consent="required")
        await ask(store, "我叫小鱼")
        await say(store, "同意")
        with sqlite3.connect(path) as connection:
            for table in ("consents", "events"):
                connection.execute(f"ALTER TABLE {table} RENAME TO away_{table}")
        await say(store, "断开了吗")
        await say(store, "我是新来的", user="bob")
        await say(store, "撤回同意", user="bob")
        waiting = path.with_name("rasa.db.unsaved.jsonl").read_text(encoding="utf-8")
        assert "alice" in waiting
        assert "bob" not in waiting
        with sqlite3.connect(path) as connection:
            for table in ("consents", "events"):
                connection.execute(f"ALTER TABLE away_{table} RENAME TO {table}")
        tracker = await say(store, "回来了")
        assert said(tracker) == ["我叫小鱼", "同意", "断开了吗", "回来了"]
        assert store.memory.export("bob")["consents"][0]["state"] == "refused"


class TestUnsaying:
    async def test_a_message_that_asks_so_is_never_stored(self, open_store, path):
        store = open_store()
        await say(store, "我喜欢攀岩")
        slot = SlotSet("topic", "欧阳翀")
        await say(store, "我叫欧阳翀，这个别记", slot, reply="好的欧阳翀")
        tracker = await say(store, "今天好累")
        assert said(tracker) == ["我喜欢攀岩", "", "今天好累"]
        assert tracker.user_context.value(FactKind.NAME) is None
        assert tracker.user_context.values(FactKind.LIKE) == ("攀岩",)
        assert tracker.get_slot("topic") is None
        assert "欧阳翀" not in files(path)

    async def test_the_message_before_is_taken_out_of_the_file(self, open_store, path):
        store = open_store()
        await say(store, "我喜欢攀岩")
        await say(store, f"我叫欧阳翀，电话{PHONE}", SlotSet("phone", PHONE))
        assert "欧阳翀" in files(path)
        await say(store, "不要记住这个")
        assert "欧阳翀" not in files(path)
        assert MASKED not in files(path)
        tracker = await store.retrieve("alice")
        assert said(tracker) == ["我喜欢攀岩", "", "不要记住这个"]
        assert tracker.get_slot("phone") is None
        assert tracker.user_context.value(FactKind.NAME) is None
        assert tracker.user_context.values(FactKind.LIKE) == ("攀岩",)
        intents = [e.intent_name for e in tracker.events if isinstance(e, UserUttered)]
        assert intents == ["chat"] * 3

    async def test_nothing_before_is_nothing_to_take_out(self, open_store):
        store = open_store()
        await say(store, "我喜欢攀岩")
        tracker = await store.retrieve("alice")
        for event in (ActionExecuted("action_session_start"), SessionStarted()):
            tracker.update(event)
        tracker.update(ActionExecuted("action_listen"))
        tracker.update(UserUttered("这个别记"))
        await store.save(tracker)
        full = await store.retrieve_full_tracker("alice")
        assert said(full) == ["我喜欢攀岩", "这个别记"]
        assert full.user_context.values(FactKind.LIKE) == ("攀岩",)

    async def test_it_is_obeyed_when_the_database_was_away(self, open_store, path):
        store = open_store()
        await say(store, "你好")
        with sqlite3.connect(path) as connection:
            connection.execute("ALTER TABLE events RENAME TO away")
        await say(store, "我叫欧阳翀")
        await say(store, "刚才说的别记")
        with sqlite3.connect(path) as connection:
            connection.execute("ALTER TABLE away RENAME TO events")
        await say(store, "回来了")
        assert "欧阳翀" not in files(path)
        tracker = await store.retrieve("alice")
        assert said(tracker) == ["你好", "", "刚才说的别记", "回来了"]


class TestEncryption:
    async def test_a_whole_conversation_leaves_nothing_readable(self, open_store, path):
        key = Fernet.generate_key().decode()
        store = open_store(encryption_key=key)
        for text in ("我叫欧阳翀", "我喜欢攀岩", "这个别记"):
            await say(store, text)
        for number in range(30):
            await say(store, f"闲聊第{number}句")
        again = await open_store(encryption_key=key).retrieve("alice")
        assert again.user_context.value(FactKind.NAME) == "欧阳翀"
        assert again.user_context.values(FactKind.LIKE) == ()
        for word in ("欧阳翀", "攀岩", "闲聊"):
            assert word not in files(path)

    async def test_the_journal_is_sealed_while_the_database_is_away(
        self, open_store, path
    ):
        store = open_store(encryption_key=Fernet.generate_key().decode())
        await say(store, "你好")
        with sqlite3.connect(path) as connection:
            connection.execute("ALTER TABLE events RENAME TO away")
        await say(store, "我叫欧阳翀")
        assert path.with_name("rasa.db.unsaved.jsonl").exists()
        assert "欧阳翀" not in files(path)
        with sqlite3.connect(path) as connection:
            connection.execute("ALTER TABLE away RENAME TO events")
        assert said(await store.retrieve("alice")) == ["你好", "我叫欧阳翀"]


def test_two_users_forgetting_at_once_leave_a_third_alone(open_store):
    store = open_store()
    for user in ("alice", "bob", "carol"):
        asyncio.run(say(store, f"我叫{user}", user=user))
    for user in ("alice", "bob"):
        store.forget(user)
    assert list(store.memory.repository.users()) == ["carol"]
