"""Answers while the search is slow, or it or the database fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from pathlib import Path

import pytest

from actions.choosing import DOCUMENTS_DOWN
from actions.helpfulness import (
    ActionJudgeAnswer,
)
from actions.looking_up import Lookup
from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import Hit, Passage
from tests.actions.fixed_documents import Fixed, talk_over
from tests.actions.talking import Conversation, ask


class Slow(Fixed):
    """Documents that take their time."""

    def search(
        self, query: str, limit: int = 5, audience: Collection[str] = ()
    ) -> list[Hit]:
        time.sleep(0.5)
        return super().search(query, limit)


class Failing(Fixed):
    """Documents that fail some times."""

    def __init__(self, times: int) -> None:
        super().__init__(Passage("a.md#1", "a.md", "手册", "", "在这里。"))
        self.times = times

    def search(
        self, query: str, limit: int = 5, audience: Collection[str] = ()
    ) -> list[Hit]:
        self.times -= 1
        if self.times >= 0:
            raise DocumentError("the database is away")
        return super().search(query, limit)


def test_what_failed_by_chance_is_tried_again(endpoints: Path) -> None:
    (message,) = ask(talk_over(Failing(1), endpoints), "怎么退货")

    assert message["text"].startswith("在这里。")


def test_what_goes_on_failing_is_owned_up_to(endpoints: Path) -> None:
    (message,) = ask(talk_over(Failing(9), endpoints), "怎么退货")

    assert (message["text"], message["source"]) == (DOCUMENTS_DOWN, {"kind": "down"})


def test_what_takes_too_long_is_not_waited_for(endpoints: Path) -> None:
    talk = talk_over(Slow(), endpoints)
    begun = time.perf_counter()
    lookup = Lookup(talk.resources, search_seconds=0.1)
    with pytest.raises(DocumentError, match=r"within 0\.1 seconds"):
        asyncio.run(_first(lookup))
    assert time.perf_counter() - begun < 2


async def _first(lookup: Lookup) -> None:
    await lookup.asked("怎么退货", ())


def test_a_slow_search_holds_up_nobody_else(endpoints: Path) -> None:
    lookup = Lookup(talk_over(Slow(), endpoints).resources)

    async def beside() -> float:
        searching = asyncio.create_task(lookup.near("怎么退货"))
        await asyncio.sleep(0)
        begun = time.perf_counter()
        await asyncio.sleep(0.01)
        waited = time.perf_counter() - begun
        await searching
        return waited

    assert asyncio.run(beside()) < 0.3


def test_an_answer_is_given_though_the_database_is_away(
    without_database: Conversation,
) -> None:
    (message,) = ask(without_database, "怎么开发票")
    assert message["source"]["entry"] == "invoice_how"
    (message,) = without_database.say("没帮助").run(ActionJudgeAnswer)
    assert message["text"]
    assert len(ask(without_database, "你们卖手风琴么")) <= 1
