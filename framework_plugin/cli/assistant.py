"""The assistant in this process: a Rasa agent that answers one message at a time."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.lock_store import LockStore
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.utils.endpoints import EndpointConfig

from framework_plugin.cli.project import read_endpoints
from framework_plugin.cli.silence import rasa_errors
from framework_plugin.cli.turn import Button, Turn
from framework_plugin.components.answer_source import Source, source_of
from framework_plugin.components.serving.quick_agent import QuickAgent
from framework_plugin.errors import ArtefactError, PersonalChatError, SettingsError

logger = logging.getLogger(__name__)

WARM_UP = "你好"
WITH_PERSON = "（同事正在处理，你的话会转到。说「回到机器人」可以换回我。）"
FAILED = "抱歉，我这边出了点问题，这句没能答上来。请再说一次，或者稍后再试。"


class Assistant:
    """Answers messages of users.

    Args:
        agent: A Rasa agent with a model and a tracker store.
    """

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    async def answer(self, text: str, user: str) -> Turn:
        """Answers one message.

        A turn that fails is logged, and the user is told so.

        Args:
            text: The message, which may be empty.
            user: Rasa's `sender_id`.
        """
        begun = time.perf_counter()
        messages: list[dict[str, Any]] = []
        source, confidence = Source.FALLBACK, 0.0
        try:
            messages = await self._agent.handle_text(text, sender_id=user) or []
            tracker = await self._agent.tracker_store.retrieve(user)
            source, confidence = source_of(tracker.events if tracker else ())
            if not messages and tracker is not None and tracker.is_paused():
                messages = [{"text": WITH_PERSON}]
                source, confidence = Source.PERSON, 1.0
        except Exception:
            # Whatever a component or the database raises: the conversation goes on.
            logger.exception("The message of user '%s' could not be answered.", user)
        replies = tuple(_as_text(message) for message in messages)
        if not replies:
            replies, source, confidence = (FAILED,), Source.FALLBACK, 0.0
        milliseconds = (time.perf_counter() - begun) * 1000
        buttons = tuple(_buttons(messages))
        return Turn(text, replies, source, confidence, milliseconds, buttons)


async def load_agent(
    model: Path,
    endpoints: AvailableEndpoints,
    loop: Any = None,
    make: Callable[..., Agent] = QuickAgent,
) -> Agent:
    """Loads a model with the services that `endpoints` names.

    Unlike Rasa's function of this name it raises what goes wrong.

    Args:
        model: The file.
        endpoints: The services.
        loop: In which events are published.
        make: Makes the agent from Rasa's arguments.

    Raises:
        ArtefactError: If the model is damaged or of another version.
        PersonalChatError: If the database cannot be opened.
    """
    with rasa_errors():
        broker = await EventBroker.create(endpoints.event_broker, loop=loop)
        store = TrackerStore.create(endpoints.tracker_store, event_broker=broker)
    _require_named_store(store, endpoints.tracker_store)
    lock_store = LockStore.create(endpoints.lock_store)
    try:
        # To learn the shapes of its weights DIETClassifier trains one step when it is
        # loaded. Compiling that step takes six times as long as all the rest.
        tf.config.run_functions_eagerly(True)
        agent = make(
            generator=endpoints.nlg,
            tracker_store=store,
            lock_store=lock_store,
            action_endpoint=endpoints.action,
        )
        agent.load_model(model)
        tf.config.run_functions_eagerly(False)
        # What is compiled by the first message shall not be waited for by a user.
        await agent.parse_message(WARM_UP)
        return agent
    except PersonalChatError:
        raise
    except Exception as error:
        # A damaged archive fails in tarfile, json, numpy or Rasa, wherever it is hit.
        logger.debug("Loading the model failed.", exc_info=True)
        raise ArtefactError(
            f"The model {model} cannot be loaded ({type(error).__name__}: {error}). "
            "Expected a whole model of this version. Train it again: "
            "personal-chat train"
        ) from error


def services(path: Path, action_url: str) -> AvailableEndpoints:
    """The services of an `endpoints.yml`, with the actions at another place.

    Raises:
        SettingsError: If the file cannot be read.
    """
    read_endpoints(path)
    with rasa_errors():
        endpoints = AvailableEndpoints.read_endpoints(str(path))
    endpoints.action = EndpointConfig(url=action_url)
    return endpoints


def _require_named_store(store: TrackerStore, config: EndpointConfig | None) -> None:
    """Refuses the store in memory that Rasa takes where a name is mistyped."""
    if config and config.type and isinstance(store, InMemoryTrackerStore):
        raise SettingsError(
            f"There is no tracker store '{config.type}'. Expected in endpoints.yml: "
            "'framework_plugin.components.tracker_store.MemoryTrackerStore'."
        )


def _as_text(message: dict[str, Any]) -> str:
    for kind in ("text", "image", "attachment"):
        if message.get(kind):
            return str(message[kind])
    return json.dumps(message.get("custom", {}), ensure_ascii=False)


def _buttons(messages: Sequence[dict[str, Any]]) -> list[Button]:
    return [
        Button(str(button["title"]), str(button.get("payload", button["title"])))
        for message in messages
        for button in message.get("buttons") or []
    ]
