"""The actions answer from documents that are added while they run."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

from actions.answers import ActionRetrieveAnswer
from actions.audience import AUDIENCE
from actions.choosing import ActionChooseAnswer
from actions.order_form import ValidateOrderForm
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import migrate
from framework_plugin.retrieval.store import DocumentRepository
from tests.actions.talking import NOON, Conversation

MANUAL = """# 咖啡机说明书

## 清洁与除垢
机器每制作约200杯，橙色除垢灯会亮起。不要用白醋代替除垢剂，酸味会留在密封圈里。
"""


def open_documents(folder: Path) -> DocumentRepository:
    engine = open_engine(f"sqlite:///{folder}/memory.db")
    migrate(engine)
    return DocumentRepository(engine, folder)


def add(folder: Path, name: str, text: str, until: datetime | None = None) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    end = until.timestamp() if until else None
    open_documents(folder).add(folder / name, at=0, valid_until=end)


def add_for(folder: Path, audience: str, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    open_documents(folder).add(folder / name, at=0, audience=(audience,))


def ask(talk: Conversation, text: str) -> str:
    said = talk.say(text).run(ActionRetrieveAnswer)
    return "\n".join(message["text"] for message in said)


def test_a_question_is_answered_from_the_prose_of_a_document(
    talk: Conversation, tmp_path: Path
) -> None:
    add(tmp_path, "manual.md", MANUAL)

    assert "酸味会留在密封圈里" in ask(talk, "可以用白醋代替除垢剂吗")


def test_a_document_that_is_added_while_the_actions_run_answers(
    talk: Conversation, tmp_path: Path
) -> None:
    assert "白醋" not in ask(talk, "可以用白醋代替除垢剂吗")

    add(tmp_path, "manual.md", MANUAL)
    begun = time.perf_counter()
    while "酸味会留在密封圈里" not in ask(talk, "可以用白醋代替除垢剂吗"):
        assert time.perf_counter() - begun < 5
        time.sleep(0.1)


def test_what_no_longer_holds_is_not_said(talk: Conversation, tmp_path: Path) -> None:
    over = "问题,答案\n打印机坏了找谁,找老王\n"
    add(tmp_path, "over.csv", over, NOON - timedelta(days=1))
    add(
        tmp_path,
        "now.csv",
        "问题,答案\n投影仪坏了找谁,找小李\n",
        NOON + timedelta(days=1),
    )

    assert "老王" not in ask(talk, "打印机坏了找谁")
    assert "小李" in ask(talk, "投影仪坏了找谁")


def test_what_was_offered_is_not_given_to_who_no_longer_belongs_to_its_audience(
    talk: Conversation, tmp_path: Path
) -> None:
    add_for(tmp_path, "vip", "vip.csv", "问题,答案\n贵宾休息室在哪,三楼左手边\n")
    talk.slots[AUDIENCE] = ["vip"]
    assert "三楼左手边" in ask(talk, "贵宾休息室在哪")
    talk.slots["offered_questions"] = ["vip.csv#1"]
    assert "三楼左手边" in talk.say("第一个").answer(ActionChooseAnswer)

    talk.slots.update({AUDIENCE: None, "offered_questions": ["vip.csv#1"]})
    assert "三楼左手边" not in talk.say("第一个").answer(ActionChooseAnswer)


def test_the_questions_of_the_files_answer_without_a_database(
    without_database: Conversation,
) -> None:
    text = ask(without_database, "退货的运费谁出呀")

    assert "来源：常见问题·退货换货" in text


def test_the_form_for_an_order_number_answers_from_what_is_for_the_user(
    talk: Conversation, tmp_path: Path
) -> None:
    add_for(tmp_path, "vip", "vip.csv", "问题,答案\n贵宾休息室在哪,三楼左手边\n")
    talk.say("查订单").start_form()
    assert talk.say("贵宾休息室在哪").run(ValidateOrderForm) == []

    talk.slots[AUDIENCE] = ["vip"]
    assert "三楼左手边" in talk.say("贵宾休息室在哪").answer(ValidateOrderForm)
