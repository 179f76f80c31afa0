"""What one likes and cannot stand."""

from __future__ import annotations

import re
from collections.abc import Callable

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import Operation
from framework_plugin.memory.patterns.grammar import (
    END,
    ME,
    OF_SELF,
    THING,
    THINGS,
)
from framework_plugin.memory.patterns.pattern import Pattern
from framework_plugin.memory.words import HAN

LOVE = (
    "(?:喜欢上?了?|喜爱|钟意|热爱|钟爱|酷爱|偏爱|爱上了?|迷上了?|痴迷于?|沉迷于?|迷恋"
    "|爱好|稀罕|中意|爱(?![人情妻心国称谁莫答]))"
)
EAT = "(?:[吃喝](?![亏醋苦力惊]))?"
HATE = "(?:讨厌死|烦死|恨死|讨厌|厌恶|反感|嫌弃|受不了|烦(?![死了恼躁心人透着])|恨)"
NOT_MUCH = "不(?:是)?(?:太|怎么|大|很|咋)?"


def _taste(
    kind: FactKind,
    form: str,
    fits: Callable[[str], bool] = words.is_taste,
    operation: Operation | None = None,
) -> Pattern:
    return Pattern(
        kind, re.compile(form), fits, bare=True, operation=operation, many=True
    )


ENDS = (
    _taste(FactKind.LIKE, rf"{ME}不再{LOVE}{EAT}{THINGS}", operation=Operation.END),
    _taste(
        FactKind.LIKE,
        rf"{ME}(?:{NOT_MUCH}){LOVE}{EAT}{THING}了{END}",
        operation=Operation.END,
    ),
    _taste(
        FactKind.DISLIKE,
        rf"{ME}不(?:再)?{HATE}{EAT}{THING}了{END}",
        operation=Operation.END,
    ),
)

TASTES = (
    # What one cannot stand, then what one likes.
    _taste(FactKind.DISLIKE, rf"{ME}(?:一点都?也?)?{NOT_MUCH}{LOVE}{EAT}{THINGS}"),
    _taste(FactKind.DISLIKE, rf"{ME}{HATE}的[{HAN}]{{0,6}}?(?:就|也)?是{EAT}{THINGS}"),
    _taste(FactKind.DISLIKE, rf"{ME}{HATE}{EAT}{THINGS}"),
    _taste(
        FactKind.DISLIKE,
        rf"{ME}(?:从?不能?[吃喝]|[吃喝闻]不[了惯来得]|碰不得|不沾|不碰){THINGS}",
        words.is_food,
    ),
    _taste(
        FactKind.DISLIKE,
        rf"{ME}对?{THING}(?:有点|严重|特别|会|很)?(?<!不)过敏{END}",
        words.is_allergen,
    ),
    _taste(FactKind.DISLIKE, rf"{ME}{THING}不耐受{END}", words.is_allergen),
    _taste(FactKind.DISLIKE, rf"{ME}怕[吃喝]?(?P<v>[辣酸苦腥膻麻甜腻咸]+|油腻){END}"),
    _taste(FactKind.LIKE, rf"{ME}{LOVE}的[{HAN}]{{0,6}}?(?:就|也)?是{EAT}{THINGS}"),
    _taste(
        FactKind.LIKE,
        rf"(?:{OF_SELF})?(?:平时的|最大的?|唯一的?)?(?:兴趣爱好|爱好|兴趣|喜好)(?:就?是|有|包括|:){EAT}{THINGS}",
    ),
    _taste(FactKind.LIKE, rf"{ME}{LOVE}{EAT}{THINGS}"),
    _taste(
        FactKind.LIKE,
        rf"{ME}(?<=是)(?:一?[个名枚])?(?P<v>[^,你他她]{{2,8}}?)(?:控|的?粉丝|迷|爱好者){END}",
    ),
    _taste(FactKind.LIKE, rf"{THING}是(?P<self>我)的?最爱{END}"),
    _taste(
        FactKind.LIKE,
        rf"{ME}对{THING}(?:很|挺|特别|非常|比较|有点)?(?:[有感]兴趣|着迷|上瘾){END}",
    ),
)
