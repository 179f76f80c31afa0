"""The real action server, over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

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
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(
        f"tracker_store: {{type: sql, dialect: sqlite, db: {folder}/memory.db}}\n"
    )
    actions = ActionServer(endpoints)
    try:
        actions.wait_until_ready()
        yield actions.url
    finally:
        actions.stop()


def ask(server: str, action: str, text: str) -> Any:
    events = [
        {"event": "session_started", "timestamp": 1.0},
        {"event": "user", "text": text, "timestamp": 2.0, "parse_data": {}},
    ]
    tracker = {
        "sender_id": "alice",
        "slots": {},
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
