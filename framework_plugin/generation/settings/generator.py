"""All settings of a generator together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from framework_plugin.errors import SettingsError
from framework_plugin.generation.settings.decoding import DecodingSettings
from framework_plugin.generation.settings.network import NetworkSettings
from framework_plugin.generation.settings.training import TrainingSettings
from framework_plugin.settings import settings_from


@dataclass(frozen=True)
class GeneratorSettings:
    """What a generator is made of, how it is trained, and how it replies.

    Args:
        network: A change means training again.
        training: A change means training again.
        decoding: May change without training again.

    Raises:
        SettingsError: If replies are to be searched for by a model that is not trained.
    """

    network: NetworkSettings = field(default_factory=NetworkSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    decoding: DecodingSettings = field(default_factory=DecodingSettings)

    def __post_init__(self) -> None:
        if self.decoding.mmi == "anti_lm" and not self.training.blank_source:
            raise SettingsError(
                "'mmi: anti_lm' needs a network that learned to write without a source "
                "too. Set 'blank_source' to 0.1 and train again, or 'mmi' to 'none'."
            )
        if self.decoding.mmi == "bidirectional" and not self.training.backward_network:
            raise SettingsError(
                "'mmi: bidirectional' needs a network that guesses the message from "
                "the reply. Set 'backward_network' to true and train again, or 'mmi' "
                "to 'none'."
            )

    @classmethod
    def names(cls) -> frozenset[str]:
        """The names of all settings; no two groups share one."""
        groups = (NetworkSettings, TrainingSettings, DecodingSettings)
        return frozenset(f.name for group in groups for f in fields(group))

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> GeneratorSettings:
        """Reads them from one flat mapping.

        Raises:
            SettingsError: If a key is unknown or a value is impossible.
        """

        def part(group: type) -> dict[str, Any]:
            own = {f.name for f in fields(group)}
            return {name: value for name, value in config.items() if name in own}

        unknown = {k: v for k, v in config.items() if k not in cls.names()}
        return cls(
            settings_from(NetworkSettings, {**part(NetworkSettings), **unknown}),
            settings_from(TrainingSettings, part(TrainingSettings)),
            settings_from(DecodingSettings, part(DecodingSettings)),
        )
