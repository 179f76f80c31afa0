"""The trained generator as a subject of evaluation: where it lies, what it answers."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from framework_plugin.cli import project
from framework_plugin.errors import ArtefactError, SettingsError
from framework_plugin.evaluation.cases import Case
from framework_plugin.evaluation.measuring import Answer
from framework_plugin.generation.serving.generator import ResponseGenerator
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.settings import settings_from

_POLICY = "LSTMResponsePolicy"


class GeneratorSubject:
    """A trained generator, served as users get it.

    Args:
        folder: The artefact.
        decoding: How replies are searched for; best without a time limit, so that a
            slow machine does not change what is said.

    Raises:
        ArtefactError: If the artefact is incomplete or damaged.
    """

    def __init__(self, folder: Path, decoding: DecodingSettings) -> None:
        self._generator = ResponseGenerator(folder, decoding)
        self.precision = self._generator.precision

    def answer(self, case: Case) -> Answer:
        """Answers the last message of a case."""
        reply = self._generator.reply(case.dialogue, case.user)
        attention = None
        if reply.attention is not None:
            attention = tuple(tuple(map(float, row)) for row in reply.attention)
        return Answer(
            reply.text,
            reply.confidence,
            reply.sure,
            reply.origin,
            reply.tokens,
            reply.source,
            attention,
            reply.milliseconds,
        )

    def log_probs(self, case: Case, replies: Sequence[str]) -> list[Sequence[float]]:
        """Natural log-probabilities of each reply's tokens and of its end."""
        return list(self._generator.log_probs(case.dialogue, case.user, replies))


def policy_options() -> Mapping[str, Any]:
    """The options of the response policy in config.yml; none if it is not there.

    Raises:
        SettingsError: If the file cannot be read.
    """
    try:
        content = yaml.safe_load(project.CONFIG.read_text(encoding="utf-8"))
        policies = (content or {}).get("policies") or []
        named = [p for p in policies if str(p.get("name", "")).endswith(_POLICY)]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        raise SettingsError(
            f"{project.CONFIG} cannot be read: {error}. Expected Rasa's configuration, "
            f"with {_POLICY} among its policies."
        ) from error
    return named[0] if named else {}


def decoding_from(options: Mapping[str, Any]) -> DecodingSettings:
    """How the project searches for replies.

    Raises:
        SettingsError: If an option has an impossible value.
    """
    names = {field.name for field in fields(DecodingSettings)}
    return settings_from(
        DecodingSettings, {k: v for k, v in options.items() if k in names}
    )


def chosen_generator(model: Path | None) -> Path:
    """The model asked for, a folder or a file, or the newest one where none was.

    Raises:
        ArtefactError: If there is none.
    """
    if model is not None and model.is_dir():
        return model
    chosen = project.chosen_model(model)
    if chosen is None:
        raise ArtefactError(
            "There is no trained model in models/. Train one: personal-chat train"
        )
    return chosen


@contextmanager
def generator_folder(model: Path) -> Iterator[Path]:
    """The generator's folder inside a model of Rasa's, or the folder itself.

    Raises:
        ArtefactError: If the file is damaged or holds no generator.
    """
    if model.is_dir():
        yield model
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            with tarfile.open(model) as archive:
                found = _unpack(archive, folder)
        except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
            raise ArtefactError(
                f"The model '{model}' cannot be unpacked ({error}). Expected a .tar.gz "
                "file as 'personal-chat train' makes it; train again."
            ) from error
        if not found:
            raise ArtefactError(
                f"The model '{model}' holds no {_POLICY}, so there is nothing to "
                f"evaluate. Name {_POLICY} in config.yml and train again."
            )
        yield folder


def _unpack(archive: tarfile.TarFile, folder: Path) -> int:
    """Unpacks the generator's files, by their last name only.

    Returns:
        How many there were.
    """
    count = 0
    for member in archive:
        path = PurePosixPath(member.name)
        # `train_<module path><number>`: see `rasa.engine.storage.resource`.
        if member.isfile() and path.parent.name.rstrip("0123456789").endswith(_POLICY):
            content = archive.extractfile(member)
            if content is not None:
                with content, (folder / path.name).open("wb") as file:
                    shutil.copyfileobj(content, file)
                count += 1
    return count
