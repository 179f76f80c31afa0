"""What one is going to do without saying when: `在准备考研`, `快要高考了`.

Only what takes its time: `我要一杯奶茶` plans nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.asking_after import core, is_event, words_to_ask
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.patterns.pattern import BARE, TOLD, Heard, Pattern

_I = "(?P<self>(?:我们?|俺|咱们?|本人)(?:们俩|俩)?)?"
_WHAT = "(?P<v>[^我你您他她它,]{2,12})$"
_FORMS = (
    # Words that say that it is settled.
    rf"{_I}(?:最近|现在|目前|正|在|已经)*(?P<will>打算|准备|计划|决定|报名)"
    rf"(?!了(?!.*(?:跑|赛|试|马拉松)))(?:要|参加|了)*{_WHAT}",
    rf"{_I}(?P<will>过几天|过些天|这几天|几天后|几周后|过段时间|过阵子)(?:在|就|都|打算|准备|要)*{_WHAT}",
    # Here they do not: only what comes about by itself counts.
    rf"{_I}(?:快|马上|就)*(?P<only>要){_WHAT}",
)


def _meant(heard: Heard) -> Iterator[FactChange]:
    norm, begin = heard.clause.norm, heard.match.start("v")
    start, end = (begin + place for place in core(norm[begin:]))
    what = norm[start:end]
    if words_to_ask(what, dated=False) is None:
        return
    if heard.match.groupdict().get("only") and not is_event(what):
        return
    value = words.presentable(heard.clause.original(start, end))
    if value is not None:
        sure = TOLD if heard.match["self"] else BARE
        yield FactChange.telling(FactKind.PLAN, value, sure)


UNDATED_PLANS = tuple(
    Pattern(FactKind.PLAN, re.compile(form), bare=True, tells=_meant) for form in _FORMS
)
