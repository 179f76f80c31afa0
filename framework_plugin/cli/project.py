"""Where the parts of a project lie: its root, its endpoints, its newest model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from framework_plugin.errors import ArtefactError, SettingsError

CONFIG = Path("config.yml")
CREDENTIALS = Path("credentials.yml")
DOMAIN = Path("domain")
MODELS = Path("models")
TRAINING_DATA = (Path("nlu_data"), Path("stories"))


def require_project() -> None:
    """Makes sure that the command runs at the root of a project.

    Raises:
        SettingsError: If it does not.
    """
    if not CONFIG.is_file():
        raise SettingsError(
            f"There is no {CONFIG} in {Path.cwd()}. Expected to run at the root of a "
            "project, where it lies beside endpoints.yml; change to that folder."
        )


def newest_model() -> Path | None:
    """The model trained last, or None if there is none."""
    models = [path for path in MODELS.glob("*.tar.gz") if path.is_file()]
    return max(models, key=lambda path: path.stat().st_mtime, default=None)


def chosen_model(model: Path | None) -> Path | None:
    """The model asked for, or the newest one where none was.

    Raises:
        ArtefactError: If the file asked for is not there.
    """
    if model is None:
        return newest_model()
    if not model.is_file():
        raise ArtefactError(
            f"There is no model {model}. Expected a file such as models/….tar.gz, as "
            "'personal-chat train' makes it; leave the option out for the newest one."
        )
    return model


def read_endpoints(path: Path) -> dict[str, Any]:
    """The content of an `endpoints.yml`.

    Raises:
        SettingsError: If it cannot be read, or does not hold keys.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}. Expected Rasa's endpoints.yml; name "
            "another one by --endpoints."
        ) from error
    if content is not None and not isinstance(content, dict):
        raise SettingsError(
            f"{path} holds a {type(content).__name__}; expected keys such as "
            "'tracker_store' and 'action_endpoint', as in Rasa's documentation."
        )
    return content or {}
