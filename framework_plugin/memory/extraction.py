"""What a message teaches about the user who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from framework_plugin.corpus.user_context import TIME_ZONE, FactKind
from framework_plugin.memory import words
from framework_plugin.memory.agreement import agreement
from framework_plugin.memory.changes import IMPLIED, FactChange, Operation
from framework_plugin.memory.clauses import Clause, asks, split_clauses
from framework_plugin.memory.dates import today_of, zone_of
from framework_plugin.memory.likeness import MARRIAGE, named, with_name
from framework_plugin.memory.notes import after_request, asks_a_favour, note_from
from framework_plugin.memory.patterns import CUES, PARTICLES, REFUSAL, Moment
from framework_plugin.memory.patterns.household import (
    NAMED_AFTERWARDS,
    is_given_name,
)
from framework_plugin.memory.patterns.pattern import TOLD
from framework_plugin.memory.patterns.person import AGE_ALONE
from framework_plugin.memory.removal import removals
from framework_plugin.memory.statements import (
    StatementReader,
    after_fillers,
    value_of,
)
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay

MARKED = 0.7
"""Confidence in a value that NLU marked."""

_LONGEST_CLAUSE = 120
_OWN_SUBJECT = re.compile(
    "我(?!的?(?:们|家|妈|爸|哥|姐|弟|妹|爷|奶|外|舅|姨|姑|叔|婶|儿子|女儿|孩子|老公|老婆"
    "|男|女|爱人|对象|室友|舍友|朋友|闺蜜|同事|同学|老师|老板|领导|邻居|猫|狗))|本人|俺"
)
_SURNAME = re.compile(f"(?:我|本人|俺|免贵)+姓(?P<v>[{words.HAN}]{{1,2}}?){PARTICLES}")
_REST_OF_NAME = re.compile(f"(?P<v>[{words.HAN}]{{1,3}}?){PARTICLES}")
# `我住的酒店`: what follows is of the hotel.
_OF_THEIRS = re.compile(f"[我俺][^是]{{1,8}}的[{words.HAN}]{{2,6}}")
_SEX_OR_AGE = re.compile(r"(?:本人|我)?[男女]生?|\d{2}(?:岁|后)?")
_TASTES = (FactKind.LIKE, FactKind.DISLIKE)
# How one feels, or how things are: who said so goes on about themselves.
_OF_NOBODY = re.compile(
    "(?:今天|今晚|昨天|最近|这几天|这周|天气|压力|心情|工作|真的?|有点|太|很|超级?|挺|特别|非常|又|都|还|好)*"
    "(?:紧张|累|烦|开心|高兴|难过|难受|期待|激动|焦虑|忐忑|害怕|慌|困|忙|大|好|郁闷|无聊|不错|热|冷|糟|差|崩溃)"
    "(?:死|极|得很|坏)?(?:[了啊呀啦哦吧哈呢])*"
)
_CARD = re.compile("(?:本人)?[男女]生?[,，、 ]+[0-9]{2}")
"""How people introduce themselves in a line: `男，35，做工程的`."""
_CORRECTION = re.compile(
    "不对|[记搞弄说打写认]错|错了|改名|改叫|改成|改为|换名|换了|纠正|更正|应该是|不叫|不是|其实|现在叫|真名|不再叫"
    "|不對|[記搞弄說打寫認]錯|錯了|糾正|應該是|其實|現在叫|換了"
)
_LIST_GOES_ON = re.compile("(?:还有|以及|和)(?P<v>[^我你他她是在有不喜爱讨]{1,6})$")


@dataclass(frozen=True)
class Entity:
    """A span that Rasa's NLU has marked.

    Args:
        type: One of the values of `FactKind`; others are ignored.
        value: What it stands for.
        start: Index of its first character in the message.
        end: Index after its last character.
    """

    type: str
    value: str
    start: int
    end: int


class _Subject(Enum):
    """Of whom the message speaks so far."""

    UNNAMED = auto()
    USER = auto()
    KIN = auto()
    OTHER = auto()


class FactExtractor:
    """Reads facts out of what users write, by patterns of whole statements.

    Precision comes first: a wrong memory is worse than none. A statement counts only
    where the user is its subject and says it as true; questions, suppositions and what
    others say or are teach nothing.

    Args:
        time_zone: Where the users' days begin and end.

    Raises:
        SettingsError: If there is no such time zone.
    """

    def __init__(self, time_zone: str = TIME_ZONE) -> None:
        self._reader = StatementReader()
        self._zone = zone_of(time_zone)

    def changes(
        self, text: str, entities: Sequence[Entity] = (), at: float | None = None
    ) -> list[FactChange]:
        """The changes a message makes to the profile, in the order they are said.

        Args:
            text: The message as typed.
            entities: What NLU found in it; used where a statement is there but its
                value is not understood.
            at: When it was said, in seconds since the epoch; days such as `明天` are
                understood only with it.
        """
        if asks_to_unsay(text) is Unsaid.THIS:
            return []
        moment = None if at is None else Moment(today_of(at, self._zone), self._zone)
        return _Reading(self._reader, moment, entities).of(text)


class _Reading:
    """One message being read, clause by clause."""

    def __init__(
        self,
        reader: StatementReader,
        moment: Moment | None,
        entities: Sequence[Entity],
    ) -> None:
        self._reader = reader
        self._moment = moment
        self._entities = entities
        self._subject = _Subject.UNNAMED
        self._found: list[FactChange] = []
        self._surname: str | None = None
        self._to_note = False
        self._asked_for = False
        self._noted_until = 0

    def of(self, text: str) -> list[FactChange]:
        """All changes of the message."""
        for number, clause in enumerate(split_clauses(text)):
            if number == 0 and _CARD.match(text):
                self._subject = _Subject.USER
            if clause.offsets[0] >= self._noted_until:
                self._read(clause)
        found = _settled(self._found, corrects=bool(_CORRECTION.search(text)))
        answer = agreement(text) if not found else None
        return [answer] if answer else found

    def _read(self, clause: Clause) -> None:
        if len(clause.norm) > _LONGEST_CLAUSE or clause.unreal:
            self._subject = _Subject.OTHER
            return
        begin = after_request(clause.norm, 0)
        if clause.asked and begin and not asks(clause.norm[begin:]):
            # `能不能帮我记一下…` asks, and yet tells.
            clause = replace(clause, asked=False)
        removed = removals(clause, self._reader)
        if removed or clause.asked:
            self._found += removed
            self._subject = _Subject.OTHER
            return
        if self._names_the_last(clause):
            return
        told = self._named_in_full(clause) or self._told(clause) or self._noted(clause)
        self._found += told + _from_entities(clause, told, self._entities)

    def _told(self, clause: Clause) -> list[FactChange]:
        """The statements of one clause."""
        told = _rest_of_list(clause, self._found)
        if told:
            return told
        norm = clause.norm
        position = after_fillers(norm, 0)
        position = after_fillers(norm, after_request(norm, position) or position)
        if _OWN_SUBJECT.match(norm, position):
            self._subject = _Subject.USER
        if self._found and self._found[-1].kind is FactKind.GENDER:
            alone = AGE_ALONE.match(norm, position)
            if alone:
                return [FactChange.telling(FactKind.AGE, f"{alone['v']}岁", TOLD)]
        while statement := self._reader.read(
            clause,
            position,
            own=self._subject is _Subject.USER,
            first=self._subject is _Subject.UNNAMED,
            of_kin=self._subject is _Subject.KIN,
            telling=bool(self._found or told),
            moment=self._moment,
        ):
            told += statement.changes
            self._subject = _speaks_of(statement.changes[-1])
            position = after_fillers(norm, statement.end)
        if (
            not told
            and position < len(norm)
            and not _SEX_OR_AGE.fullmatch(norm, position)
            and (
                not _OWN_SUBJECT.match(norm, position)
                or _OF_THEIRS.fullmatch(norm, position)
            )
            and not _OF_NOBODY.fullmatch(norm, position)
        ):
            self._subject = _Subject.OTHER
        return told

    def _names_the_last(self, clause: Clause) -> bool:
        """Takes the name of the child or pet that was just spoken of."""
        last = self._found[-1] if self._found else None
        if last is None or last.kind not in (FactKind.PET, FactKind.FAMILY):
            return False
        if clause.opens_sentence or last.value is None or named(last.value)[1]:
            return False
        match = NAMED_AFTERWARDS.match(clause.norm)
        if match is None or not is_given_name(match["name"]):
            return False
        name = words.presentable(clause.original(*match.span("name")))
        if name is None or _speaks_of(last) is not _Subject.KIN:
            return False
        self._found[-1] = replace(last, value=with_name(last.value, name))
        return True

    def _named_in_full(self, clause: Clause) -> list[FactChange]:
        """The name behind a surname: `我姓吴，吴思远`."""
        surname, self._surname = self._surname, None
        alone = _SURNAME.fullmatch(clause.norm, after_fillers(clause.norm, 0))
        if alone:
            self._surname = alone["v"]
        if surname is None or not clause.norm.startswith(surname):
            return []
        name = _REST_OF_NAME.fullmatch(clause.norm, len(surname))
        value = value_of(clause, 0, name.end("v")) if name else None
        if value is None or not words.is_name(value):
            return []
        self._subject = _Subject.USER
        return [FactChange.telling(FactKind.NAME, value, TOLD)]

    def _noted(self, clause: Clause) -> list[FactChange]:
        """What the user asks to be noted, if nothing else was understood."""
        norm = clause.norm
        position = after_request(norm, 0) or after_request(norm, after_fillers(norm, 0))
        if position is None and self._to_note:
            position = 0
        if position is None:
            return []
        if position == len(norm):
            self._to_note, self._asked_for = True, asks_a_favour(norm)
            return []
        asked_for = self._to_note and self._asked_for
        self._to_note = False
        note = note_from(clause, position, asked_for=asked_for)
        if note is None:
            return []
        self._noted_until = clause.sentence_stop
        self._subject = _Subject.OTHER
        return [note]


def _speaks_of(change: FactChange) -> _Subject:
    """Of whom the words after a statement go on to speak."""
    if change.kind is FactKind.PET or (
        change.kind is FactKind.FAMILY and change.value not in MARRIAGE
    ):
        return _Subject.KIN
    return _Subject.USER


def _rest_of_list(clause: Clause, before: Sequence[FactChange]) -> list[FactChange]:
    """The end of a list that commas part: `我喜欢猫，还有兔子`."""
    match = _LIST_GOES_ON.match(clause.norm)
    last = before[-1] if before and not clause.opens_sentence else None
    if match is None or last is None or last.kind not in _TASTES:
        return []
    value = value_of(clause, *match.span("v"))
    if value is None or not words.is_taste(match["v"]):
        return []
    return [FactChange(last.operation, last.kind, value)]


def _from_entities(
    clause: Clause, told: Iterable[FactChange], entities: Sequence[Entity]
) -> list[FactChange]:
    """Values that NLU marked in a clause whose beginning announces their kind."""
    position = after_fillers(clause.norm, 0)
    known = {change.kind for change in told}
    found = []
    for entity in entities:
        if entity.type not in set(FactKind):
            continue
        kind = FactKind(entity.type)
        cue = CUES[kind].match(clause.norm, position) if kind in CUES else None
        if kind in known or cue is None or REFUSAL.search(clause.norm, position):
            continue
        after_cue = clause.offsets[cue.end()]
        value = words.presentable(entity.value)
        inside = after_cue <= entity.start and entity.end <= clause.offsets[-1]
        if inside and value and words.is_taste(value):
            found.append(FactChange.telling(kind, value, MARKED))
    return found


def _settled(changes: Sequence[FactChange], *, corrects: bool) -> list[FactChange]:
    """The changes without repetition, and without what others of them outdo.

    A removal is outdone by a value that follows, a home that a home town only suggests
    by one that is told.
    """
    told = {
        c.kind
        for c in changes
        if c.operation is Operation.SET and c.confidence > IMPLIED
    }
    return [
        replace(change, corrects=corrects)
        for change in dict.fromkeys(changes)
        if change.kind not in told
        or not (
            change.operation in (Operation.END, Operation.REMOVE)
            or change.confidence <= IMPLIED
        )
    ]
