"""`personal-chat train`: a model from the data of the project."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

import typer
from rich.console import Console

from framework_plugin.cli import project
from framework_plugin.cli.options import Verbose
from framework_plugin.cli.silence import import_rasa, rasa_errors
from framework_plugin.errors import ArtefactError


def train(verbose: Verbose = False) -> None:
    """Train the assistant from config.yml, domain/, nlu_data/ and stories/."""
    project.require_project()
    console = Console(stderr=True)
    console.print("Training; a first time takes some minutes …")
    begun = time.perf_counter()
    code = train_model(verbose=verbose)
    seconds = round(time.perf_counter() - begun)
    if code:
        raise typer.Exit(code)
    console.print(
        f"Trained in {seconds // 60} min {seconds % 60} s. Talk to it: "
        "[bold]personal-chat chat[/bold]"
    )


def train_model(*, verbose: bool) -> int:
    """Checks the data and trains, as `rasa train` does.

    Returns:
        Rasa's exit code.

    Raises:
        PersonalChatError: If configuration or data cannot be used.
    """
    import_rasa(verbose=verbose)
    from rasa.api import train as rasa_train
    from rasa.cli.utils import validate_files
    from rasa.shared.importers.importer import TrainingDataImporter

    _show_progress()
    data = [str(folder) for folder in project.TRAINING_DATA]
    domain, config = str(project.DOMAIN), str(project.CONFIG)
    with rasa_errors():
        importer = TrainingDataImporter.load_from_config(config, domain, data)
        validate_files(False, None, importer)
        result = rasa_train(domain, config, data, output=str(project.MODELS))
    return int(result.code)


def _show_progress() -> None:
    """Lets Rasa name each component when its training begins and ends."""
    hooks = logging.getLogger("rasa.engine.training.hooks")
    hooks.setLevel(logging.INFO)
    hooks.addHandler(logging.StreamHandler(sys.stderr))
    hooks.propagate = False


def train_first(*, verbose: bool) -> Path:
    """Trains where there is no model yet, if somebody sits there to wait for it.

    Returns:
        The model.

    Raises:
        ArtefactError: If nobody does.
    """
    if sys.stdin.isatty():
        Console(stderr=True).print("There is no trained model yet.")
        train(verbose)
    model = project.newest_model()
    if model is None:
        raise ArtefactError(
            "There is no trained model in models/. Train one: personal-chat train"
        )
    return model
