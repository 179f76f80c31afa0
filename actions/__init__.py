"""Custom actions of the bundled assistant, run by the Rasa action server."""

from __future__ import annotations

from contextlib import suppress


def warm_up() -> None:
    """Opens what the first question would wait for: the index of the documents."""
    # Only here: whoever imports a part of the package shall not load all of it.
    from actions.resources import default_resources
    from framework_plugin.errors import PersonalChatError

    with suppress(PersonalChatError):
        # What is wrong with them is told to whoever asks, each time.
        _ = default_resources().faq
