"""The command `personal-chat`: its subcommands, and how errors are shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from framework_plugin import __version__
from framework_plugin.cli import (
    chat,
    compress,
    documents,
    embeddings,
    evaluate,
    handover,
    memory,
    serve,
    train,
)
from framework_plugin.errors import PersonalChatError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A voice and a memory for a Chinese assistant built on Rasa.",
)
app.command("train")(train.train)
app.command("chat")(chat.chat)
app.command("serve")(serve.serve)
app.command("evaluate")(evaluate.evaluate)
app.command("compress")(compress.compress)
app.add_typer(memory.app, name="memory")
app.add_typer(documents.app, name="documents")
app.add_typer(handover.app, name="handover")
app.add_typer(embeddings.app, name="embeddings")


def _show_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and ends the process; an error of ours is one message.

    Args:
        arguments: What to run; by default the arguments of the process.
    """
    try:
        app(arguments)
    except PersonalChatError as error:
        Console(stderr=True).print(Text(str(error), style="red"), soft_wrap=True)
        sys.exit(1)
