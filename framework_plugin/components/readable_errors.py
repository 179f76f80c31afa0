"""Our errors in the shape in which Rasa shows only their message, no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rasa.shared.exceptions import InvalidConfigException

from framework_plugin.errors import PersonalChatError


class ComponentError(PersonalChatError, InvalidConfigException):
    """Any error of ours inside a Rasa component."""


@contextmanager
def readable_errors(component: str) -> Iterator[None]:
    """Lets our errors pass through Rasa's graph with their own words.

    Args:
        component: Named in front of the message.

    Raises:
        ComponentError: In place of any `PersonalChatError` raised inside.
    """
    try:
        yield
    except PersonalChatError as error:
        raise ComponentError(f"{component}: {error}") from error
