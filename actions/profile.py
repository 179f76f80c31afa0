"""What is known of the user at this moment, the message being answered included."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from itertools import pairwise

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.consent import say_without_consent
from actions.conversation import UserMessage, session_events, user_messages
from actions.replying import say
from actions.resources import Resources
from actions.unsaying import say_unsaid
from framework_plugin.corpus.user_context import Fact, FactKind, UserContext
from framework_plugin.errors import PersonalChatError
from framework_plugin.memory.changes import Book, FactChange, Operation, heard
from framework_plugin.memory.likeness import gives_way
from framework_plugin.memory.recall import describe, question_about
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay

logger = logging.getLogger(__name__)

MEMORY_DOWN = "我的小本子这会儿打不开，{what}。你过一会儿再跟我说一次，好吗？"
AGREE, DISAGREE = "是的，改了", "不是，没改"
"""Buttons under the question; the memory understands the words."""

_MATTERS = (FactKind.LIKE, FactKind.PET, FactKind.CITY, FactKind.HOMETOWN)
_TELLING = (Operation.SET, Operation.ADD)


@dataclass(frozen=True)
class Profile:
    """The memory of one user around one message.

    Args:
        before: What was known before the message.
        now: What is known with it.
        changes: What the message changes.
    """

    before: UserContext
    now: UserContext
    changes: tuple[FactChange, ...]

    def told(self) -> tuple[Fact, ...]:
        """The facts that the message told, new or not."""
        told = {(c.kind, c.value) for c in self.changes if c.operation in _TELLING}
        return tuple(f for f in self.now.facts if (f.kind, f.value) in told)

    def forgotten(self) -> tuple[Fact, ...]:
        """The facts known before that the message asked to forget, and only those."""
        told = self.told()
        return tuple(
            fact
            for fact in self.before.facts
            if fact not in self.now.facts
            and not any(f.kind is fact.kind and gives_way(fact, f) for f in told)
        )

    def replaced(self, fact: Fact) -> Fact | None:
        """What a fact of a single kind has just taken the place of."""
        if not fact.kind.single or fact in self.before.facts:
            return None
        old = [f for f in self.before.facts if f.kind is fact.kind]
        return old[-1] if old and old[-1].value != fact.value else None

    def agreed(self) -> Fact | None:
        """The fact that the user has just said yes to."""
        asked = self.before.asked
        if asked is None:
            return None
        same = [
            f for f in self.now.facts if (f.kind, f.value) == (asked.kind, asked.value)
        ]
        return same[-1] if same else None

    def denied(self) -> Fact | None:
        """The fact that the user has just said no to."""
        answered = {change.operation for change in self.changes}
        return self.before.asked if Operation.DENY in answered else None


def load_profile(resources: Resources, tracker: Tracker) -> Profile:
    """Reads the memory and applies what this session has told.

    The tracker store saves at the end of a turn, so the message being answered is not
    in the database yet; what is there already is not changed by being applied again.

    Raises:
        PersonalChatError: The memory cannot be reached.
    """
    events = session_events(tracker)
    begin = min((float(e.get("timestamp") or 0.0) for e in events), default=None)
    messages = user_messages(tracker)
    stored = resources.memory.user_context(
        tracker.sender_id,
        before=begin or None,
        now=messages[-1].at if messages else 0.0,
    )
    book = Book(stored.facts, stored.asked)
    for message, after in pairwise(messages):
        if asks_to_unsay(after.text) is not Unsaid.BEFORE:
            changes = _changes(resources, message)
            book = heard(book, changes, message.at, tracker.sender_id)
    before = replace(stored, facts=book.facts, asked=book.asked)
    if not messages:
        return Profile(before, before, ())
    changes = _changes(resources, messages[-1])
    book = heard(book, changes, messages[-1].at, tracker.sender_id)
    now = replace(before, facts=book.facts, asked=book.asked)
    return Profile(before, now, changes)


def matters_of(resources: Resources, tracker: Tracker) -> tuple[str, ...]:
    """Words that matter to the user: what they like and keep, and where they live.

    Returns:
        None of them if the memory cannot be reached.
    """
    try:
        facts = load_profile(resources, tracker).now.facts
    except PersonalChatError as error:
        logger.error("The memory cannot be reached: %s", error)
        return ()
    return tuple(fact.value for fact in facts if fact.kind in _MATTERS)


def speak_of_memory(
    dispatcher: CollectingDispatcher, tracker: Tracker, resources: Resources
) -> bool:
    """Asks which of two facts is true, takes the answer, or confirms a note.

    Returns:
        Whether something was said; False too if the memory cannot be reached, for
        then nothing is known that could be asked about.
    """
    messages = user_messages(tracker)
    try:
        if not messages or not _changes(resources, messages[-1]):
            return False
        profile = load_profile(resources, tracker)
    except PersonalChatError as error:
        logger.error("The memory cannot be reached: %s", error)
        return False
    asked, agreed, denied = profile.now.asked, profile.agreed(), profile.denied()
    if asked is not None:
        held = profile.now.value(asked.kind)
        choices = [AGREE, DISAGREE]
        say(dispatcher, question_about(asked, held), {"kind": "memory"}, choices)
    elif agreed is not None:
        say(dispatcher, _acknowledgement(profile, (agreed,)), {"kind": "memory"})
    elif denied is not None:
        held = profile.now.value(denied.kind)
        say(dispatcher, f"好，那还是{held}，我不改。", {"kind": "memory"})
    elif notes := [f for f in profile.told() if f.kind is FactKind.NOTE]:
        noted = "；".join(note.value for note in notes)
        say(dispatcher, f"好，帮你记下了：{noted}。", {"kind": "memory"})
    else:
        return False
    return True


def tells(resources: Resources, tracker: Tracker) -> bool:
    """Whether the latest message tells something of its user."""
    messages = user_messages(tracker)
    return bool(messages) and _tells(_changes(resources, messages[-1]))


def acknowledge_latest(
    dispatcher: CollectingDispatcher, tracker: Tracker, resources: Resources
) -> bool:
    """Says what the latest message taught or made forget; nothing if it did neither.

    Returns:
        Whether something was said.
    """
    messages = user_messages(tracker)
    if not messages:
        return False
    if say_unsaid(dispatcher, tracker):
        return True
    try:
        if not _tells(_changes(resources, messages[-1])):
            return False
        if say_without_consent(dispatcher, tracker, resources):
            return True
        profile = load_profile(resources, tracker)
    except PersonalChatError as error:
        logger.error("The memory cannot be reached: %s", error)
        say(dispatcher, MEMORY_DOWN.format(what="你刚说的还没能记下"))
        return True
    sentences = []
    if profile.told():
        sentences.append(_acknowledgement(profile, profile.told()))
    if profile.forgotten():
        ended = all(c.operation is not Operation.REMOVE for c in profile.changes)
        what = "记下了，这些已经是过去的事" if ended else "这些我忘掉了"
        sentences.append(f"{what}：{describe_facts(profile.forgotten())}")
    if not sentences:
        return False
    say(dispatcher, "".join(sentences), {"kind": "memory"})
    return True


def describe_facts(facts: tuple[Fact, ...]) -> str:
    """Some facts as a sentence about `你`."""
    kinds = [kind for kind in FactKind if any(fact.kind is kind for fact in facts)]
    return describe(UserContext("", facts), kinds)


def _acknowledgement(profile: Profile, facts: tuple[Fact, ...]) -> str:
    """`好，我记下了：你住在深圳（以前是成都）。`."""
    before = [
        old.value for fact in facts if (old := profile.replaced(fact)) is not None
    ]
    sentence = f"好，我记下了：{describe_facts(facts)}"
    if not before:
        return sentence
    return f"{sentence.removesuffix('。')}（以前是{'、'.join(before)}）。"


def _tells(changes: tuple[FactChange, ...]) -> bool:
    """Whether there is more than a yes or a no."""
    answers = (Operation.CONFIRM, Operation.DENY)
    return any(change.operation not in answers for change in changes)


def _changes(resources: Resources, message: UserMessage) -> tuple[FactChange, ...]:
    found = resources.extractor.changes(message.text, message.entities, message.at)
    return tuple(found)
