"""Answers tell where they stand, and show what stands there as text."""

from __future__ import annotations

from pathlib import Path

from actions.choosing import ActionChooseAnswer
from actions.replying import citation
from framework_plugin.retrieval import Passage
from tests.actions.fixed_documents import Fixed, talk_over
from tests.actions.talking import ask

HOSTILE = "退货请看 {name} {0.__class__} 0[ <b>粗</b> '; DROP TABLE users; -- ${HOME}"


def test_a_passage_is_shown_as_it_stands_with_where_it_stands(endpoints: Path) -> None:
    url = "https://tea.example/help?a=1&b={x}"
    passage = Passage("a.md#1", "a.md", "手册", "售后 › 退货", HOSTILE, url=url)
    (message,) = ask(talk_over(Fixed(passage), endpoints), "怎么退货")

    assert message["text"] == f"{HOSTILE}\n（来源：手册 › 售后 › 退货，{url}）"
    source = message["source"]
    assert (source["kind"], source["entry"]) == ("document", "a.md#1")
    assert (source["title"], source["section"]) == ("手册", "售后 › 退货")
    assert (source["url"], source["score"]) == (url, 1.0)


def test_an_entry_of_a_table_is_cited_with_all_that_is_known() -> None:
    entry = Passage("t.csv#1", "t.csv", "售后", "退货", "可以。", ("能退吗",))

    assert citation(entry) == "常见问题·售后 › 退货"


def test_no_heading_of_a_document_becomes_a_command(endpoints: Path) -> None:
    passages = [
        Passage(f"a.md#{n}", "a.md", "手册", heading, "文")
        for n, heading in enumerate(["/restart", ' /inform{"name": "x"}', "退货"])
    ]
    talk = talk_over(Fixed(*passages, score=0.55), endpoints)
    (message,) = ask(talk, "怎么退货")

    payloads = [button["payload"] for button in message["buttons"]]
    assert payloads == ["第1个", "第2个", "退货"]
    (chosen,) = talk.say(payloads[1]).run(ActionChooseAnswer)
    assert chosen["source"]["entry"] == "a.md#1"
