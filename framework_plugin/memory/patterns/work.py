"""What one does for a living."""

from __future__ import annotations

import re
from collections.abc import Callable

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import Operation
from framework_plugin.memory.patterns.grammar import (
    END,
    ME,
    NEXT,
    OF_SELF,
    THING,
    THINGS,
    A,
)
from framework_plugin.memory.patterns.pattern import Pattern
from framework_plugin.memory.words import HAN


def _work(form: str, fits: Callable[[str], bool] = words.is_occupation) -> Pattern:
    return Pattern(FactKind.OCCUPATION, re.compile(form), fits)


def _is_task(value: str) -> bool:
    return words.is_taste(value) and not re.search(
        "^.$|开玩笑|做梦|[来去到完错好过了]$|^(?:真|在|为|太|挺|越|做主|干净|跑偏)",
        value,
    )


_BECAME = "(?:转行|改行|上班|辞职后?|升职|毕业后?|退伍后?)"
_SO_LONG = "(?:了?[0-9一二三四五六七八九十两]+年多?)?"
_TRADE = (
    "做(?:设计|外贸|运营|开发|金融|电商|教育|餐饮|物流|保险|装修|直播|医美|游戏|测试)"
)

WORK = (
    Pattern(
        FactKind.OCCUPATION,
        re.compile(rf"{ME}(?:不再?|没)[当做干]{THING}了{END}"),
        words.is_occupation,
        operation=Operation.END,
    ),
    Pattern(
        FactKind.OCCUPATION,
        re.compile(rf"{ME}不是{A}(?P<v>[{HAN}]{{2,8}}?){END}"),
        words.is_occupation,
        operation=Operation.END,
    ),
    _work(
        rf"(?:{OF_SELF})?(?:现在的?)?(?:职业|工作|本职工?作?)就?[是:]{A}{THINGS}",
        lambda v: words.is_occupation(v) or (len(v) <= 10 and _is_task(v)),
    ),
    _work(
        rf"{ME}(?<=是){A}(?:苦逼的?|苦命的?)?(?:[^你您他她我,的]{{1,6}}的)?[当做]?"
        rf"(?P<v>[{HAN}a-z]{{2,10}}?)(?:{END}|{NEXT})"
    ),
    _work(
        rf"{ME}(?<=是)"
        r"(?P<v>(?:[做搞干卖教学修写画跑拍种养]|开(?!始|心|玩笑|会)|送(?=外卖|快递|货|水|餐))"
        rf"[^,]{{1,9}}?)的{END}",
        _is_task,
    ),
    _work(
        rf"{ME}(?:在[{HAN}]{{1,8}})?{_BECAME}*(?:[当做干](?!过)上?|成为?|考上)了?{A}"
        rf"(?P<v>[{HAN}a-z]{{2,10}}?){_SO_LONG}(?:{END}|{NEXT})"
    ),
    _work(rf"{ME}(?P<v>做[{HAN}]{{2,6}})的{END}", _is_task),
    _work(
        rf"{ME}(?P<v>(?:开(?=车|出租|网约车|货车|大车|公交|店|公司)|送(?=外卖|快递)"
        rf"|跑(?=外卖|滴滴|业务|销售)|卖|教|修)[{HAN}]{{1,6}})的{END}",
        _is_task,
    ),
    Pattern(
        FactKind.OCCUPATION,
        re.compile(rf"{ME}{A}(?P<v>[{HAN}]{{2,8}}){END}"),
        words.is_occupation,
        listed=True,
    ),
    _work(rf"(?P<self>本人|鄙人){A}(?P<v>[{HAN}]{{2,8}}){END}"),
    _work(rf"(?P<self>我|俺)(?P<v>[{HAN}]{{2,8}})一[个枚名]{END}"),
    _work(rf"{ME}在[{HAN}]{{1,8}}?[做搞干](?P<v>[{HAN}]{{2,6}}?){_SO_LONG}{END}"),
    _work(rf"{ME}(?P<v>{_TRADE}){END}", _is_task),
    _work(rf"{ME}从事{THING}(?:工作|行业)?{END}", _is_task),
)
