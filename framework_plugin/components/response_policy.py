"""The policy that speaks freely where no rule and no story applies."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.readable_errors import readable_errors
from framework_plugin.components.recalling import recalled_user_context
from framework_plugin.components.serving.turn_clock import DECODE, measured
from framework_plugin.components.session import (
    ACTION_ANSWER_BESIDES,
    ACTION_RETRIEVE_ANSWER,
    GENERATED_REPLY,
    UTTER_GENERATED,
    UTTER_SERVICE_DOWN,
    awaits_reply,
    dialogue_of,
    went_unanswered,
)
from framework_plugin.components.user_memory import (
    current_user_context,
    memory_action,
    memory_must_speak,
)
from framework_plugin.generation import artefact
from framework_plugin.generation.serving.generator import ResponseGenerator
from framework_plugin.generation.serving.reply import Reply
from framework_plugin.generation.settings import (
    DecodingSettings,
    GeneratorSettings,
    NetworkSettings,
    TrainingSettings,
)
from framework_plugin.generation.training.cache import (
    CorpusPaths,
    cached_generator,
    generator_key,
    given_generator,
    given_key,
)
from framework_plugin.retrieval.questions import question_besides
from framework_plugin.settings import settings_from

_LOWEST, _HIGHEST = 0.31, 0.99
"""Above Rasa's fallback of 0.3 and below the 1.0 of rules and stories."""


@dataclass(frozen=True)
class PolicySettings(CorpusPaths):
    """The options of `LSTMResponsePolicy` beside those of the generator.

    Args:
        cache_directory: Where trained generators are kept.
        generator: Folder of a trained generator to serve, such as `personal-chat
            compress` makes; null trains one.
        priority: Among policies of equal confidence the higher one wins.
        finetuning_epoch_fraction: Written by `rasa train --finetune`, which has then
            lowered `epochs` by it.
    """

    cache_directory: str = ".personal_chat/generators"
    generator: str | None = None
    priority: int = 1
    finetuning_epoch_fraction: float = 1.0


@dataclass(frozen=True)
class _AllSettings:
    policy: PolicySettings
    generator: GeneratorSettings

    @classmethod
    def read(cls, config: dict[str, Any]) -> _AllSettings:
        names = GeneratorSettings.names()
        rest = {key: value for key, value in config.items() if key not in names}
        generator = {key: value for key, value in config.items() if key in names}
        return cls(
            settings_from(PolicySettings, rest), GeneratorSettings.read(generator)
        )

    def key(self) -> str:
        """Changes with all that the trained policy depends on."""
        if self.policy.generator is not None:
            return given_key(Path(self.policy.generator), self.generator.decoding)
        return generator_key(self.policy, self.generator)

    def train(self, base: Path | None = None) -> Path:
        """The folder of the generator to serve."""
        if self.policy.generator is not None:
            return given_generator(Path(self.policy.generator), base)
        directory = Path(self.policy.cache_directory)
        return cached_generator(self.policy, self.generator, directory, base)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class LSTMResponsePolicy(Policy):
    """Speaks with the generator's words where it is sure, else asks for retrieval.

    After the user's message it predicts `utter_generated`, with the reply in the slot
    `generated_reply`, or `action_retrieve_answer`; this one also where only
    the memory can speak; and `action_recall_memory` or `action_forget_memory`, if the
    domain has them, where the message asks for that. After any action it listens; if an
    action said nothing since its server did not answer, it first says so with
    `utter_service_down`. After a reply to a message that also asks something, it
    predicts `action_answer_besides`, if the domain has it.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The options and their defaults; see `docs/response_policy.md`."""
        return {
            **asdict(PolicySettings()),
            **asdict(NetworkSettings()),
            **asdict(TrainingSettings()),
            **asdict(DecodingSettings()),
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Changes with the corpus, the settings and the generator's code."""
        if "output" in config:
            # Rasa also asks for its own stand-ins of cached nodes, without our options.
            return None
        with readable_errors(cls.__name__):
            return _AllSettings.read({**cls.get_default_config(), **config}).key()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        generator: ResponseGenerator | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context)
        with readable_errors(type(self).__name__):
            self._settings = _AllSettings.read(config)
        self._recalls = generator is not None and generator.reads_memory
        # Rasa asks every policy several times per message; one search is enough.
        self._reply = None
        if generator is not None:
            search = measured(DECODE, generator.reply)
            self._reply = lru_cache(maxsize=64)(search)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LSTMResponsePolicy:
        """Loads the trained generator and answers once, so that it is warm.

        To be trained further it is not loaded before it is trained.

        Raises:
            ComponentError: If the model in the storage is damaged.
        """
        if execution_context.is_finetuning:
            return cls(config, model_storage, resource, execution_context)
        with readable_errors(cls.__name__), model_storage.read_from(resource) as path:
            generator = ResponseGenerator(
                Path(path), _AllSettings.read(config).generator.decoding
            )
            generator.warm_up()
        return cls(config, model_storage, resource, execution_context, generator)

    def train(self, domain: Domain) -> Resource:
        """Trains the generator, or takes it from the cache if nothing changed.

        With `rasa train --finetune` the generator of the earlier model is trained
        further; that model stays as it is.

        Args:
            domain: Not used; Rasa hands it to every policy.

        Returns:
            Where the generator lies in the model.

        Raises:
            ComponentError: If the corpus cannot be used.
        """
        with readable_errors(type(self).__name__), ExitStack() as stack:
            base = None
            if self.finetune_mode:
                stored = self._model_storage.read_from(self._resource)
                base = Path(stack.enter_context(stored))
            folder = self._settings.train(base)
        with self._model_storage.write_to(self._resource) as path:
            ignored = shutil.ignore_patterns(artefact.WORK)
            shutil.copytree(folder, path, dirs_exist_ok=True, ignore=ignored)
        return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """Predicts what to say or do; see the class."""
        if tracker.active_loop_name or self._reply is None:
            return self._prediction(self._default_predictions(domain))
        if not awaits_reply(tracker):
            return self._certain(_next_action(tracker, domain), _HIGHEST, domain)
        if memory_must_speak(tracker):
            return self._certain(ACTION_RETRIEVE_ANSWER, _HIGHEST, domain)
        action = memory_action(tracker)
        if action is not None and _knows(domain, action):
            return self._certain(action, _HIGHEST, domain)
        known = recalled_user_context if self._recalls else current_user_context
        reply = self._reply(dialogue_of(tracker), known(tracker))
        if not reply.sure:
            return self._certain(ACTION_RETRIEVE_ANSWER, 1 - reply.confidence, domain)
        return self._certain(
            UTTER_GENERATED,
            reply.confidence,
            domain,
            # Rasa's interpolator takes `0[` for an index and gives up on the text.
            optional_events=[SlotSet(GENERATED_REPLY, reply.text.replace("[", "［"))],
            action_metadata=_explanation(reply),
        )

    def _certain(
        self, action: str, confidence: float, domain: Domain, **details: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        bounded = min(max(confidence, _LOWEST), _HIGHEST)
        probabilities[domain.index_for_action(action)] = bounded
        return self._prediction(probabilities, **details)


def _next_action(tracker: DialogueStateTracker, domain: Domain) -> str:
    """What follows on an action."""
    if went_unanswered(tracker):
        return UTTER_SERVICE_DOWN
    message = tracker.latest_message
    if (
        tracker.latest_action_name == UTTER_GENERATED
        and _knows(domain, ACTION_ANSWER_BESIDES)
        and question_besides((message and message.text) or "") is not None
    ):
        return ACTION_ANSWER_BESIDES
    return str(ACTION_LISTEN_NAME)


def _knows(domain: Domain, action: str) -> bool:
    """Whether the assistant has an action; not every one has all."""
    return action in domain.action_names_or_texts


def _explanation(reply: Reply) -> dict[str, Any]:
    """Why the generator said it, small enough to be stored with the event."""
    attended = []
    if reply.attention is not None:
        attended = [reply.source[i] for i in reply.attention.argmax(axis=1)]
    return {
        "source": "generator",
        "confidence": round(reply.confidence, 4),
        "origin": reply.origin,
        "tokens": list(reply.tokens),
        "probabilities": [round(p, 4) for p in reply.probabilities],
        "attended": attended,
        "copied": [
            {"token": index, "from": copied.text, "share": round(copied.share, 4)}
            for index, copied in enumerate(reply.copied)
            if copied is not None
        ],
        "milliseconds": round(reply.milliseconds, 2),
    }
