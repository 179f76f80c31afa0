"""What lies in the directory of a model of sherpa-onnx."""

from __future__ import annotations

from pathlib import Path

from framework_plugin.errors import VoiceError
from framework_plugin.voice.settings import Kind


def one_of(folder: Path, *patterns: str) -> str:
    """The first file of a directory that fits the first pattern that any fits.

    Returns:
        Its path; empty if there is none.
    """
    for pattern in patterns:
        if found := sorted(folder.glob(pattern)):
            return str(found[0])
    return ""


def needed(folder: Path, *patterns: str) -> str:
    """Like `one_of`, but the file must be there.

    Raises:
        VoiceError: If it is not.
    """
    found = one_of(folder, *patterns)
    if not found:
        raise VoiceError(
            f"There is no file {' or '.join(patterns)} in {folder}. Expected a model "
            "directory as it is unpacked; see docs/voice.md."
        )
    return found


def kind_of(folder: Path) -> Kind:
    """What a model for recognition is, by its files and the name it was given.

    Raises:
        VoiceError: If they do not tell.
    """
    name = folder.resolve().name.lower()
    if one_of(folder, "joiner*.onnx"):
        return "streaming-transducer" if "streaming" in name else "transducer"
    if one_of(folder, "encoder*.onnx") and "paraformer" in name:
        return "streaming-paraformer"
    if one_of(folder, "model*.onnx"):
        if "sense-voice" in name or "sensevoice" in name:
            return "sense-voice"
        if "paraformer" in name:
            return "paraformer"
    raise VoiceError(
        f"The files in {folder} do not tell what kind of model it is. Leave the "
        "directory's name as it was unpacked, or say 'kind' in voice.yml: "
        "streaming-transducer, streaming-paraformer, transducer, paraformer or "
        "sense-voice."
    )
