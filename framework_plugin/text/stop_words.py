"""Function words that say little about what a text is about."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from framework_plugin.errors import SettingsError
from framework_plugin.text.normalise import normalise


def load_stop_words(path: Path | None = None) -> frozenset[str]:
    """The stop words of a file, or the list that comes with this package.

    Args:
        path: A UTF-8 text file with one word a line; lines that start with `#` are
            comments. None for the bundled list.

    Returns:
        The words in normalised form.

    Raises:
        SettingsError: If the file is missing or is not UTF-8 text.
    """
    source = path or resources.files("framework_plugin.text") / "stop_words.txt"
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The stop word list '{source}' cannot be read ({error}). Expected a UTF-8 "
            "text file with one word a line. Correct 'stop_words_path' or remove it."
        ) from error
    lines = (line.strip() for line in text.splitlines())
    return frozenset(
        normalise(line) for line in lines if line and not line.startswith("#")
    )
