"""All that can be chosen about the generator."""

from framework_plugin.generation.settings.decoding import DecodingSettings
from framework_plugin.generation.settings.generator import GeneratorSettings
from framework_plugin.generation.settings.network import NetworkSettings
from framework_plugin.generation.settings.training import TrainingSettings

__all__ = [
    "DecodingSettings",
    "GeneratorSettings",
    "NetworkSettings",
    "TrainingSettings",
]
