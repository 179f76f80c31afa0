"""Where one lives and comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import IMPLIED, FactChange, Operation
from framework_plugin.memory.patterns.grammar import (
    END,
    ME,
    NEXT,
    OF_SELF,
    PLACE,
    WHEN,
    WITH,
)
from framework_plugin.memory.patterns.pattern import TOLD, Heard, Pattern


def _city(form: str, fits: Callable[[str], bool], bare: bool = False) -> Pattern:
    return Pattern(FactKind.CITY, re.compile(form), fits, bare)


def _origin(
    form: str,
    *,
    fits: Callable[[str], bool] = words.is_origin,
    bare: bool = False,
    sure: bool = False,
    lives_there: bool = False,
    listed: bool = False,
) -> Pattern:
    """A pattern of a home town.

    Args:
        form: What the clause looks like.
        fits: What can be one.
        bare: See `Pattern`.
        sure: Whether the words announce a place, so that it need not be a known one.
        lives_there: Whether people who say so mostly live there.
        listed: See `Pattern`.
    """

    def tells(heard: Heard) -> Iterator[FactChange]:
        place = heard["v"]
        if not (fits(place) or (sure and words.is_place(place))):
            return
        value = heard.spelled("v")
        if value is None:
            return
        yield FactChange.telling(FactKind.HOMETOWN, value, TOLD)
        if lives_there and not words.is_region(place):
            yield FactChange.telling(FactKind.CITY, value, IMPLIED)

    return Pattern(
        FactKind.HOMETOWN, re.compile(form), bare=bare, listed=listed, tells=tells
    )


HOMES = (
    Pattern(
        FactKind.CITY,
        re.compile(rf"{ME}不[住在]在?{PLACE}(?:住|上班|工作|生活)?了{END}"),
        words.is_place,
        operation=Operation.END,
    ),
    _city(
        rf"(?P<self>我们?的?|本人的?|俺们?的?)?(?:家(?!是)|住址|城市|所在地|常住地|居住地|坐标)(?:现在|目前)?"
        rf"(?:就|也)?(?:住?在|住|是|位于|:){PLACE}(?:这边|那边)?{END}",
        words.is_place,
        bare=True,
    ),
    _city(
        rf"{ME}{WITH}人?(?:居住|定居|常住|长住|住)[在于再]{PLACE}(?:[这那]边)?(?:{END}|{NEXT}|了?[^,]{{1,3}}年)",
        words.is_place,
        bare=True,
    ),
    _city(
        rf"{ME}(?:居住|定居|常住|长住|住)了?{PLACE}(?:{END}|{NEXT})",
        words.is_in_city,
        bare=True,
    ),
    _city(
        rf"{ME}在{PLACE}(?:这边|那边)?(?:租房住?|上班|工作|读书|上学|读[大研]学?|念书|上大学|生活"
        r"|居住|定居|住|打工|创业|(?=当|做[^饭梦]))(?!过|的|时)",
        words.is_in_city,
        bare=True,
    ),
    _city(
        rf"{ME}{WHEN}刚?[搬迁]家?[到来去回]了?(?:老家)?{PLACE}(?:[去来住]了?)?(?:{END}|{NEXT})",
        words.is_place,
        bare=True,
    ),
    _city(
        rf"(?:{ME})(?:坐标|base|现居|定位)[:在是]?{PLACE}{END}",
        words.is_in_city,
        bare=True,
    ),
    _city(rf"{ME}人在{PLACE}{END}", words.is_city, bare=True),
    _city(
        rf"{ME}刚?[到来]{PLACE}(?:工作|上班|读书|上学|生活|打工)(?!过|的|时)",
        words.is_city,
    ),
    _city(rf"{ME}嫁[到来去]了?{PLACE}{END}", words.is_in_city),
    _city(rf"{ME}(?:不.{{2,8}}了,?)?回(?:到|来)?{PLACE}了{END}", words.is_city),
)

_ORIGINS = "(?:土生土长的?|地地?道道?的?|老|纯|正宗的?|一个)*"
_FOLK = "(?:本地人|人|妹子|姑娘|小伙子?|汉子|的|那边的|滴|嘞)"

ORIGINS = (
    _origin(
        rf"(?:{OF_SELF})?(?:老家|家乡|故乡|籍贯|祖籍)(?:现在|目前)?(?:就|也)?"
        rf"(?P<sure>住?在|是|:)?{PLACE}(?:的|人|那边|那里|那儿)?{END}",
        bare=True,
    ),
    _origin(
        rf"{ME}(?:从小)?(?P<sure>在){PLACE}(?:长大|土生土长|出生)的?{END}", sure=True
    ),
    _origin(rf"{ME}(?:出生|生|长)(?P<sure>[在于]){PLACE}(?:长在.+)?{END}", sure=True),
    _origin(
        rf"{ME}(?:是)?来自(?![己动])于?{PLACE}(?:{END}|{NEXT})",
        fits=words.is_place,
        bare=True,
        lives_there=True,
    ),
    _origin(
        rf"{ME}(?<=是){_ORIGINS}{PLACE}{_FOLK}(?:{END}|{NEXT}|(?=[在住嫁]))",
        lives_there=True,
    ),
    _origin(rf"{ME}{PLACE}(?:人|的){END}", listed=True, lives_there=True),
    _origin(
        rf"(?P<self>我|俺|本人){_ORIGINS}{PLACE}人(?:一[个枚])?{END}", lives_there=True
    ),
    _origin(
        rf"土生土长的?{PLACE}人{END}",
        bare=True,
        lives_there=True,
    ),
)
