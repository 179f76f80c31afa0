"""How people say things about themselves in Chinese: the patterns of statements.

Every pattern is matched at the beginning of a clause, after its fillers, so that
somebody else's facts (`我朋友叫…`, `他说我叫…`) never fit.
"""

from __future__ import annotations

import re

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.patterns import tastes
from framework_plugin.memory.patterns.birthdays import BIRTHDAYS
from framework_plugin.memory.patterns.grammar import END, FILLERS, LATIN, ME, PARTICLES
from framework_plugin.memory.patterns.homes import HOMES, ORIGINS
from framework_plugin.memory.patterns.household import HOUSEHOLD
from framework_plugin.memory.patterns.names import NAMES
from framework_plugin.memory.patterns.pattern import Heard, Moment, Pattern
from framework_plugin.memory.patterns.person import PERSON
from framework_plugin.memory.patterns.plans import PLANS
from framework_plugin.memory.patterns.undated_plans import UNDATED_PLANS
from framework_plugin.memory.patterns.work import WORK

__all__ = [
    "CUES",
    "ENGLISH_NAME",
    "FILLERS",
    "PARTICLES",
    "REFUSAL",
    "STATEMENTS",
    "Heard",
    "Moment",
    "Pattern",
]

STATEMENTS: tuple[Pattern, ...] = (
    *tastes.ENDS,
    *BIRTHDAYS,
    *PLANS,
    *NAMES,
    *HOMES,
    *ORIGINS,
    *PERSON,
    *HOUSEHOLD,
    *WORK,
    *tastes.TASTES,
    *UNDATED_PLANS,
)
"""All patterns; the first that fits counts."""

ENGLISH_NAME = re.compile(rf"(?:i'm|i am) (?P<v>{LATIN}){END}")
"""`I'm …` names a person only where the name is written with a capital."""

REFUSAL = re.compile("不|没|别|未")
"""Words that turn a statement round; with them no entity is believed."""

CUES: dict[FactKind, re.Pattern[str]] = {
    FactKind.NAME: re.compile(rf"{ME}(?:叫|(?:的名字)?是)|[叫喊]我|i'm |i am "),
    FactKind.CITY: re.compile(rf"{ME}(?:住|搬|来自|定居)"),
    FactKind.OCCUPATION: re.compile(rf"{ME}(?:(?<=是)|[做当]|的?(?:工作|职业)是)"),
    FactKind.BIRTHDAY: re.compile(rf"{ME}的?[^,]*(?:生日|出生)"),
    FactKind.LIKE: re.compile(rf"{ME}{tastes.LOVE}"),
    FactKind.DISLIKE: re.compile(rf"{ME}{tastes.HATE}"),
}
"""The beginnings of statements whose value an entity of Rasa's NLU may supply."""
