"""Whether one is a man or a woman, and how old."""

from __future__ import annotations

import re
from collections.abc import Iterator

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.numerals import number_of
from framework_plugin.memory.patterns.grammar import END, ME, NEXT, OF_SELF
from framework_plugin.memory.patterns.pattern import TOLD, Heard, Pattern

_FEMALE = "女(?:生|仔|的|孩子?|孩儿|孩纸|人|性|士|汉子)?|妹子|妹纸|小?姑娘家?|小仙女"
_MALE = "男(?:生|仔|的|孩子?|孩儿|孩纸|人|性)?|小?爷们儿?|大?老爷们儿?|小伙子?|汉子"
_WOMAN_OR_MAN = f"(?:(?P<female>{_FEMALE})|(?P<male>{_MALE}))"
_SUCH = "(?:一?[个枚名位]|大|小|糙|纯|真|老|正经的?|普通的?)*"
_AFTER = f"(?:{END}|{NEXT}|(?=不是|还是单身))"

_TENS = "(?:[1-9][0-9]|[一二三四五六七八九]?十[一二三四五六七八九]?)"
_YEARS = "(?:[0-9]{1,3}|[一二三四五六七八九]?十?[一二三四五六七八九]?)"
_OF_AGE = (
    "(?:今年|虚岁|周岁|岁数|年龄|年纪|年方|已经|都|刚过完|刚过|刚满|满|现在|也|[是:])*"
)
_THEN = f"(?:{END}|(?=不是|还|仍|是|在|的人|,))"
_OLDEST, _YOUNGEST = 110, 3


def _gender(form: str, bare: bool = False) -> Pattern:
    return Pattern(FactKind.GENDER, re.compile(form), bare=bare, tells=_sex)


def _sex(heard: Heard) -> Iterator[FactChange]:
    value = "女" if heard["female"] else "男"
    yield FactChange.telling(FactKind.GENDER, value, TOLD)


def _age(form: str, bare: bool = False) -> Pattern:
    return Pattern(FactKind.AGE, re.compile(form), bare=bare, tells=_years)


def _years(heard: Heard) -> Iterator[FactChange]:
    years = number_of(heard["v"])
    if years is not None and _YOUNGEST <= years <= _OLDEST:
        yield FactChange.telling(FactKind.AGE, f"{years}岁", TOLD)


def _born(heard: Heard) -> Iterator[FactChange]:
    year = int(heard["v"])
    if year < 100:
        year += 2000 if year <= 30 else 1900
    yield FactChange.telling(FactKind.AGE, f"{year}年生", TOLD)


def _decade(heard: Heard) -> Iterator[FactChange]:
    yield FactChange.telling(FactKind.AGE, f"{heard['v']}后", TOLD)


PERSON = (
    _gender(rf"{ME}(?<=是){_SUCH}{_WOMAN_OR_MAN}{_AFTER}"),
    _gender(rf"(?P<self>我|俺)(?:一个|可是)(?:大|小)?{_WOMAN_OR_MAN}{END}"),
    _gender(
        rf"(?:{OF_SELF})?性别(?:[是:])?(?:(?P<female>女)|(?P<male>男))性?{END}",
        bare=True,
    ),
    _gender(rf"{ME}(?:(?P<female>女)|(?P<male>男))[生的]?(?:一[枚个名])?{END}"),
    Pattern(
        FactKind.AGE,
        re.compile(
            rf"{ME}(?P<v>(?:19[2-9]|20[0-2])[0-9]|[0-9]{{2}})年(?:出?生的?|的){END}"
        ),
        tells=_born,
    ),
    Pattern(
        FactKind.AGE,
        re.compile(
            rf"{ME}(?:一?[个枚名])?(?P<v>[0-9]0|[5-9]5|05)后(?:(?:一[枚个])?{END}|(?=单身|已婚|未婚|[男女]|宝妈))"
        ),
        tells=_decade,
    ),
    _age(rf"{ME}{_OF_AGE}(?P<v>{_YEARS})周?岁(?:生日)?(?:{_THEN}|(?=了))"),
    _age(rf"(?P<self>我)?刚过完(?P<v>{_YEARS})周?岁生日{END}", bare=True),
    _age(
        rf"(?:{OF_SELF})?(?:年龄|年纪|岁数)(?:[是:])?(?P<v>{_TENS}){_THEN}", bare=True
    ),
    _age(
        rf"(?P<self>我|俺|老汉我)?(?:今年|虚岁|周岁|年方|刚满|刚好|正好)+(?P<v>{_TENS}){_THEN}",
        bare=True,
    ),
    _age(rf"(?P<self>我|俺)(?:也|都|已经)*(?P<v>{_TENS})了{_THEN}"),
    _age(rf"(?P<self>我|俺)(?P<v>[1-9][0-9]){END}"),
    _age(rf"(?P<self>本人)(?P<v>{_TENS}){END}"),
)

AGE_ALONE = re.compile(rf"(?P<v>[1-9][0-9]){END}")
"""A number that is an age where it follows on `本人女`."""
