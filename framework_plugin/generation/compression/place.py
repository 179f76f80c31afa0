"""Where a smaller generator is made: whole or not there at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework_plugin.errors import ArtefactError, TrainingError
from framework_plugin.generation import artefact

RECORD = "compression.json"
"""How the generator was made: method, settings, original."""
_WORK = ".work"


@dataclass(frozen=True)
class Place:
    """The folder of one smaller generator, and of the work on it.

    Args:
        output: Folder of all of them.
        name: Of this one.
        record: What it depends on; plain JSON values.
    """

    output: Path
    name: str
    record: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Where the generator goes."""
        return self.output / self.name

    @property
    def work(self) -> Path:
        """For checkpoints and the like; other work than this never lies there."""
        text = json.dumps(self.record, sort_keys=True)
        return self.output / _WORK / hashlib.sha256(text.encode()).hexdigest()[:16]

    def is_done(self) -> bool:
        """Whether this very generator was made before.

        Raises:
            ArtefactError: If something else is in its place, which is left alone.
        """
        if not self.folder.exists():
            return False
        path = self.folder / RECORD
        if path.is_file() and artefact.read_json(path)["made_from"] == self.record:
            return True
        raise ArtefactError(
            f"There is something else in '{self.folder}' already, made from another "
            "generator, from other dialogues or with other options. Nothing is written "
            "over: name another folder, or remove this one."
        )

    @contextmanager
    def new(self) -> Iterator[Path]:
        """A folder to write to, which gets its name when it is whole.

        Raises:
            TrainingError: If the disk is full or cannot be written.
        """
        part = self.output / f".{self.name}.part"
        try:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            yield part
            part.rename(self.folder)
        except OSError as error:
            raise TrainingError(
                f"The generator cannot be written to '{self.folder}' "
                f"({error.strerror or error}). Free some disk space, or name another "
                "folder, and start again; training goes on where it was."
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(self.work, ignore_errors=True)
        # Others may still work there.
        if not any(self.work.parent.glob("*")):
            shutil.rmtree(self.work.parent, ignore_errors=True)

    def write_record(self, folder: Path, figures: Mapping[str, Any]) -> None:
        """Notes how the generator was made, and figures about it."""
        content = {"made_from": dict(self.record), **figures}
        artefact.write_json(folder / RECORD, content)
