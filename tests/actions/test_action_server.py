"""The real action server, over HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from framework_plugin.handover.entry import Reason
from framework_plugin.handover.notices import Notices
from framework_plugin.handover.queue import HandoverQueue
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import migrate
from framework_plugin.retrieval.store import DocumentRepository
from tests.handover.conftest import database_of
from tests.handover.receiver import Receiver
from tests.servers import ROOT, ActionServer

EXPECTED = {
    "action_retrieve_answer",
    "action_choose_answer",
    "action_judge_answer",
    "action_recall_memory",
    "action_forget_memory",
    "action_consent",
    "action_session_start",
    "action_link_account",
    "action_unlink_account",
    "action_order_status",
    "action_cancel_order",
    "action_answer_besides",
    "action_ask_order_number",
    "validate_order_form",
    "action_recommend_product",
    "action_tell_time",
    "action_hand_over",
    "action_queue_position",
    "action_back_to_assistant",
    "action_person_speaks",
}


def test_the_actions_load_without_rasa_and_without_tensorflow() -> None:
    code = (
        "import sys\n"
        "from rasa_sdk.executor import ActionExecutor\n"
        "executor = ActionExecutor()\n"
        "executor.register_package('actions')\n"
        "heavy = {'tensorflow', 'rasa', 'framework_plugin.components'}\n"
        "print(sorted(heavy & set(sys.modules)), sorted(executor.actions))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == f"[] {sorted(EXPECTED)}"


def call(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server has its data: questions of its own beside those of the shop."""
    made = tmp_path_factory.mktemp("server")
    shutil.copytree(ROOT / "nlu_data" / "faq", made / "faq")
    return made


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[Receiver]:
    """Another system, that is yet to be told of an entry when the server starts."""
    receiver = Receiver()
    hook = f"webhook: {{url: '{receiver.url}', secret: 0123456789abcdef}}"
    (folder / "handover.yml").write_text(hook)
    engine = open_engine(f"sqlite:///{folder}/memory.db")
    database = database_of(engine)
    queue = HandoverQueue(database, Notices(database))
    queue.ask("left", "left", "rest", Reason.ASKED, time.time())
    engine.dispose()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def server(folder: Path, desk: Receiver) -> Iterator[str]:
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(
        f"tracker_store: {{type: sql, dialect: sqlite, db: {folder}/memory.db}}\n"
    )
    actions = ActionServer(
        endpoints, log=folder / "log", PERSONAL_CHAT_FAQ=str(folder / "faq")
    )
    try:
        actions.wait_until_ready()
        yield actions.url
    finally:
        actions.stop()


def ask(server: str, action: str, text: str, **slots: object) -> Any:
    events = [
        {"event": "session_started", "timestamp": 1.0},
        {"event": "user", "text": text, "timestamp": 2.0, "parse_data": {}},
    ]
    tracker = {
        "sender_id": "alice",
        "slots": slots,
        "latest_message": {"text": text, "intent": {}, "entities": []},
        "events": events,
    }
    return call(
        f"{server}/webhook",
        {"next_action": action, "tracker": tracker, "domain": {}, "version": "3.6.21"},
    )


@pytest.mark.slow
def test_every_action_is_served(server: str) -> None:
    assert {action["name"] for action in call(f"{server}/actions")} == EXPECTED


@pytest.mark.slow
def test_what_an_earlier_server_left_to_be_told_is_told_at_the_start(
    server: str, desk: Receiver
) -> None:
    desk.wait_for(1)
    assert json.loads(desk.got[0][1])["sender_id"] == "left"


@pytest.mark.slow
def test_a_question_is_answered_over_http(server: str) -> None:
    reply = ask(server, "action_retrieve_answer", "退货的运费谁出呀")

    (message,) = reply["responses"]
    assert "（来源：常见问题·退货换货）" in message["text"]
    assert message["source"]["entry"] == "return_postage"


@pytest.mark.slow
def test_a_fact_told_over_http_is_recalled(server: str) -> None:
    (message,) = ask(server, "action_retrieve_answer", "我喜欢攀岩")["responses"]
    assert message["text"] == "好，我记下了：你喜欢攀岩。"

    (message,) = ask(server, "action_recall_memory", "你记得我什么")["responses"]
    assert "没跟我说过" in message["text"]


def answer(server: str, text: str, **slots: object) -> str:
    replies = ask(server, "action_retrieve_answer", text, **slots)["responses"]
    return "\n".join(reply["text"] for reply in replies)


@pytest.mark.slow
def test_what_is_for_an_audience_answers_only_users_of_it(
    server: str, folder: Path
) -> None:
    engine = open_engine(f"sqlite:///{folder}/memory.db")
    migrate(engine)
    file = folder / "vip.csv"
    file.write_text("问题,答案\n贵宾休息室的门禁密码是多少,贵宾厅密码8848\n")
    DocumentRepository(engine, folder).add(file, at=0, audience=("vip",))
    engine.dispose()
    question = "贵宾休息室门禁密码多少"
    wait_for(lambda: "8848" in answer(server, question, audience="vip"))

    assert "8848" in answer(server, question, audience=["staff", "vip"])
    for others in ({}, {"audience": "staff"}, {"audience": []}, {"audience": None}):
        assert "8848" not in answer(server, question, **others)


@pytest.mark.slow
def test_changed_files_answer_without_a_restart_and_broken_ones_do_no_harm(
    server: str, folder: Path
) -> None:
    file = folder / "faq" / "own.yml"
    entry = "  - {id: piano, question: 你们卖piano吗, answer: %s}\n"
    file.write_text(f"title: 乐器\nfaq:\n{entry % '不卖钢琴。'}", encoding="utf-8")
    wait_for(lambda: "不卖钢琴。" in answer(server, "你们卖piano吗"))

    file.write_text("title: 乐器\nfaq:\n  - {id: piano", encoding="utf-8")

    def is_named() -> bool:
        # Files are looked at when somebody asks.
        assert "不卖钢琴。" in answer(server, "你们卖piano吗")
        return "own.yml" in (folder / "log").read_text("utf-8")

    wait_for(is_named)

    file.write_text(f"title: 乐器\nfaq:\n{entry % '只卖口琴。'}", encoding="utf-8")
    wait_for(lambda: "只卖口琴。" in answer(server, "你们卖piano吗"))
    synonyms = folder / "faq" / "synonyms.txt"
    synonyms.write_text(f"{synonyms.read_text('utf-8')}piano fortepiano\n", "utf-8")
    wait_for(lambda: "只卖口琴。" in answer(server, "你们卖fortepiano吗"))


def wait_for(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits until something holds; each time it is asked, the server must answer."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)
