"""Telling users that what they said is not kept."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import fresh_wording, latest_text, user_messages
from actions.replying import say
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay

THIS_NOT_KEPT = (
    "好，这句我不记，也不会存下来。",
    "明白，刚刚这句我没有留着。",
)
BEFORE_REMOVED = (
    "好，你上一句话我删掉了，没有留着。",
    "明白，上一句我已经删掉，也不会再记。",
)
NOTHING_BEFORE = (
    "你这次还没跟我说过什么，没有要删的。",
    "这次聊天里你还没说过别的，我这儿没有可删的。",
)


def say_unsaid(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Says what is not kept, if that is asked; the tracker store sees to it on saving.

    Returns:
        Whether it was asked.
    """
    unsaid = asks_to_unsay(latest_text(tracker))
    if unsaid is None:
        return False
    wordings = THIS_NOT_KEPT
    if unsaid is Unsaid.BEFORE:
        alone = len(user_messages(tracker)) < 2
        wordings = NOTHING_BEFORE if alone else BEFORE_REMOVED
    say(dispatcher, fresh_wording(wordings, tracker), {"kind": "memory"})
    return True
