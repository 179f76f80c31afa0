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
from framework_plugin.memory.changes import FactChange, Operation, apply_changes
from framework_plugin.memory.recall import describe
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay

logger = logging.getLogger(__name__)

MEMORY_DOWN = "我的小本子这会儿打不开，{what}。你过一会儿再跟我说一次，好吗？"


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
        told = {
            (change.kind, change.value)
            for change in self.changes
            if change.operation in (Operation.SET, Operation.ADD)
        }
        return tuple(f for f in self.now.facts if (f.kind, f.value) in told)

    def forgotten(self) -> tuple[Fact, ...]:
        """The facts known before that the message asked to forget, and only those."""
        kinds = {fact.kind for fact in self.told()}
        return tuple(
            fact
            for fact in self.before.facts
            if fact not in self.now.facts
            and (fact.kind not in kinds or not fact.kind.single)
        )


def load_profile(resources: Resources, tracker: Tracker) -> Profile:
    """Reads the memory and applies what this session has told.

    The tracker store saves at the end of a turn, so the message being answered is not
    in the database yet; what is there already is not changed by being applied again.

    Raises:
        PersonalChatError: The memory cannot be reached.
    """
    events = session_events(tracker)
    begin = min((float(e.get("timestamp") or 0.0) for e in events), default=None)
    stored = resources.memory.user_context(tracker.sender_id, before=begin or None)
    messages = user_messages(tracker)
    facts = stored.facts
    for message, after in pairwise(messages):
        if asks_to_unsay(after.text) is Unsaid.BEFORE:
            continue
        facts = apply_changes(facts, _changes(resources, message), message.at)
    before = replace(stored, facts=facts)
    if not messages:
        return Profile(before, before, ())
    changes = _changes(resources, messages[-1])
    now = apply_changes(facts, changes, messages[-1].at)
    return Profile(before, replace(before, facts=now), changes)


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
    if not _changes(resources, messages[-1]):
        return False
    try:
        if say_without_consent(dispatcher, tracker, resources):
            return True
        profile = load_profile(resources, tracker)
    except PersonalChatError as error:
        logger.error("The memory cannot be reached: %s", error)
        say(dispatcher, MEMORY_DOWN.format(what="你刚说的还没能记下"))
        return True
    sentences = []
    if profile.told():
        sentences.append(f"好，我记下了：{describe_facts(profile.told())}")
    if profile.forgotten():
        sentences.append(f"这些我忘掉了：{describe_facts(profile.forgotten())}")
    if not sentences:
        return False
    say(dispatcher, "".join(sentences), {"kind": "memory"})
    return True


def describe_facts(facts: tuple[Fact, ...]) -> str:
    """Some facts as a sentence about `你`."""
    kinds = [kind for kind in FactKind if any(fact.kind is kind for fact in facts)]
    return describe(UserContext("", facts), kinds)


def _changes(resources: Resources, message: UserMessage) -> tuple[FactChange, ...]:
    return tuple(resources.extractor.changes(message.text, message.entities))
