"""What one is called."""

from __future__ import annotations

import re
from collections.abc import Callable

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import Operation
from framework_plugin.memory.patterns.grammar import (
    CALLED,
    END,
    LATIN,
    ME,
    NAME,
    OF_SELF,
)
from framework_plugin.memory.patterns.pattern import Pattern

_CALLERS = (
    "(?:请|[以往]后|今后|那|你们?|您|可以|就|直接|尽管|也|都|一般|一直|平时"
    "|我(?=同事|朋友|家里?人|同学|闺蜜|室友|舍友|身边)|闺蜜|室友|舍友|网上|街坊|邻居|村里人?|学生们?|粉丝们?|身边|家里|公司里|的?人|大家|朋友们?|同学们?|同事们?|家人|熟人)*"
)
_TITLES = frozenset(("姐", "姐姐", "哥", "哥哥", "老师", "老板", "师傅"))


def _is_nickname(value: str) -> bool:
    return value in _TITLES or words.is_name(value)


def _name(form: str, fits: Callable[[str], bool] = words.is_name) -> Pattern:
    return _called(FactKind.NAME, form, fits)


def _nickname(form: str) -> Pattern:
    return _called(FactKind.NICKNAME, form, _is_nickname)


def _called(
    kind: FactKind, form: str, fits: Callable[[str], bool], bare: bool | None = None
) -> Pattern:
    if bare is None:
        bare = "(?P<self>" not in form
    return Pattern(kind, re.compile(form), fits, bare)


NAMES = (
    Pattern(
        FactKind.NAME,
        re.compile(rf"{ME}(?:又|可)?不(?:再|是)?叫{NAME}"),
        words.is_name,
        operation=Operation.END,
    ),
    Pattern(
        FactKind.NICKNAME,
        re.compile(
            rf"(?:请|拜托|以后|你们?)*(?:别|不要|不用)再[叫喊](?P<self>我)[叫做为]?{CALLED}"
        ),
        _is_nickname,
        operation=Operation.END,
    ),
    _called(
        FactKind.NICKNAME,
        rf"(?:{OF_SELF})?(?:昵称|小名|英文名|网名|外号|花名|绰号|乳名|笔名|艺名)"
        rf"(?:现在)?(?:是叫|[是:]|叫做?|就?是叫)?{NAME}",
        _is_nickname,
        bare=True,
    ),
    _name(
        rf"{OF_SELF}(?:名字|名儿|大名|全名|真名|本名|姓名|中文名)"
        rf"(?:现在)?(?:[是:]|叫做?|就?是叫|改成了?|改为){NAME}"
    ),
    _called(
        FactKind.NAME,
        rf"(?:{OF_SELF})?(?:大名|全名|真名|本名)(?:[是:]|叫做?)?{NAME}",
        words.is_name,
        bare=True,
    ),
    _name(rf"{ME}(?:改名叫?|改叫|名叫|叫做?|名为|姓名[是:]?){NAME}"),
    _name(rf"(?:本人|在下|鄙人)(?:是)?(?P<self>){NAME}", words.is_full_name),
    _nickname(
        rf"{_CALLERS}(?:管(?=我叫)|[叫喊]|称呼)(?P<self>我|俺)(?:一声)?[叫做为]?{CALLED}"
    ),
    _name(rf"{ME}(?<=是){NAME}", words.is_full_name),
    _name(rf"(?:my name is|my name's|i'm called) (?P<v>{LATIN}){END}"),
    _nickname(rf"(?:you can |please )?call me (?P<v>{LATIN}){END}"),
)
