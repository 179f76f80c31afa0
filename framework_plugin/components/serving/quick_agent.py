"""Rasa's agent, with a quick model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor

from framework_plugin.components.serving.quick_processor import QuickProcessor


class QuickAgent(Agent):
    """Does what Rasa's does."""

    def load_model(
        self, model_path: str | Path, fingerprint: str | None = None
    ) -> None:
        """Loads a model, as Rasa's agent does."""
        self.processor = self._processor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
            http_interpreter=self.http_interpreter,
        )
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain
        if isinstance(self.nlg, TemplatedNaturalLanguageGenerator):
            self.nlg.responses = self.domain.responses

    def _processor(self, **arguments: Any) -> MessageProcessor:
        """What answers messages."""
        return QuickProcessor(**arguments)
