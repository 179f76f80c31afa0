"""What is asked: messages of held-out dialogues, in the words of some user.

Written dialogues say `{name}` where a user says a name. Here each dialogue gets a user
with a name, a city and so on of their own, so that the whole way is measured: finding
the words, reading them, and saying them again letter for letter.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.placeholders import fill_in
from framework_plugin.corpus.script import Script
from framework_plugin.corpus.user_context import (
    SAYABLE_KINDS,
    Fact,
    FactKind,
    UserContext,
)

PROFILES: Mapping[FactKind, tuple[str, ...]] = {
    FactKind.NAME: ("欧阳翀", "陆知遥", "许小北", "阿依古丽", "宋砚秋", "钟离默"),
    FactKind.CITY: ("绍兴", "银川", "泉州", "佳木斯", "自贡", "喀什"),
    FactKind.OCCUPATION: ("木匠", "护士", "测绘员", "调音师", "会计", "养蜂人"),
    FactKind.BIRTHDAY: ("三月九号", "腊月初八", "七月二十一号", "十一月四号"),
    FactKind.LIKE: ("攀岩", "皮影戏", "拼图", "观鸟", "打陀螺", "刻印章"),
    FactKind.DISLIKE: ("香菜", "榴莲", "打雷", "排长队", "苦瓜", "爬楼梯"),
}
"""Values that users are made of; two characters at least, as short ones are not
recognised in a text."""


@dataclass(frozen=True)
class Case:
    """One message to be answered.

    Args:
        dialogue: What was said, the user's message last.
        user: What is known of the user.
        references: All replies that would be right, in the user's words; none if no
            reply would be.
        values: The user's words for each kind of fact, known or not.
        topic: What the dialogue is about.
    """

    dialogue: Dialogue
    user: UserContext
    references: tuple[str, ...]
    values: Mapping[FactKind, str]
    topic: str = ""

    @property
    def known(self) -> frozenset[FactKind]:
        """The kinds of fact that are known of the user."""
        return frozenset(fact.kind for fact in self.user.facts)

    def without_profile(self) -> Case:
        """The same message of somebody of whom nothing is known."""
        return replace(self, user=UserContext(self.user.user_id))


def cases_from(scripts: Sequence[Script], seed: int) -> list[Case]:
    """One case for each wording of each of the user's turns.

    Args:
        scripts: Written dialogues; of the turns before the message the first wording
            is taken as said.
        seed: Decides what each dialogue's user is called, likes and so on.
    """
    return [
        case
        for number, script in enumerate(scripts)
        for case in _cases_of(script, random.Random(f"{seed}/{number}"))
    ]


def unanswerable_cases(messages: Sequence[str]) -> list[Case]:
    """Messages to which any free reply would be wrong."""
    nobody = UserContext("")
    return [
        Case(Dialogue((Turn(Speaker.USER, message),)), nobody, (), {})
        for message in messages
    ]


def reply_pool(scripts: Sequence[Script]) -> tuple[str, ...]:
    """All different replies of the dialogues, placeholders unfilled, in order."""
    return tuple(
        dict.fromkeys(
            wording
            for script in scripts
            for turn in script.turns
            if turn.speaker is Speaker.BOT
            for wording in turn.alternatives
        )
    )


def _cases_of(script: Script, rng: random.Random) -> Iterator[Case]:
    values = {kind: rng.choice(PROFILES[kind]) for kind in SAYABLE_KINDS}
    for index in range(0, len(script.turns), 2):
        earlier = [
            Turn(turn.speaker, fill_in(turn.alternatives[0], values))
            for turn in script.turns[:index]
        ]
        known = script.known_at(index)
        user = UserContext(
            "",
            tuple(Fact(kind, values[kind]) for kind in SAYABLE_KINDS if kind in known),
        )
        replies = script.turns[index + 1].alternatives
        references = tuple(fill_in(reply, values) for reply in replies)
        for wording in script.turns[index].alternatives:
            message = Turn(Speaker.USER, fill_in(wording, values))
            dialogue = Dialogue((*earlier, message))
            yield Case(dialogue, user, references, values, script.topic)
