"""Rasa's processor, with a model whose parts are quick for one message at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.processor import MessageProcessor
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelMetadata

from framework_plugin.components.serving.direct_runner import DirectRunner


class QuickProcessor(MessageProcessor):
    """Does what Rasa's does."""

    @staticmethod
    def _load_model(
        model_path: str | Path,
    ) -> tuple[str, ModelMetadata, GraphRunner]:
        """See Rasa."""
        name, metadata, runner = MessageProcessor._load_model(model_path)
        if isinstance(runner, DaskGraphRunner):
            return name, metadata, DirectRunner(runner)
        return name, metadata, runner

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """See Rasa, which looks at a whole domain before it says that all is well."""
        if not self.domain or not self._knows(parse_data):
            super()._check_for_unseen_features(parse_data)

    def _knows(self, parse_data: dict[str, Any]) -> bool:
        """Whether the domain has the intent and the entities of a message."""
        intent = parse_data["intent"]["name"]
        entities = parse_data["entities"] or []
        return (not intent or intent in self.domain.intent_properties) and all(
            entity["entity"] in self.domain.entity_properties.entities
            for entity in entities
        )
