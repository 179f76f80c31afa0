"""A turn as Rasa takes it, for tests of what becomes of it."""

from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered


async def turn(store, text, user="alice"):
    """Says something and is answered; returns what the tracker held said before."""
    tracker = await store.get_or_create_tracker(user, append_action_listen=False)
    before = said(tracker)
    for event in (
        UserUttered(text),
        ActionExecuted("utter_generated"),
        BotUttered("好"),
        ActionExecuted("action_listen"),
    ):
        tracker.update(event)
    await store.save(tracker)
    return before


def said(tracker):
    """The user's messages."""
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]
