"""`personal-chat chat`: the command; how it looks is in `conversation`."""

from __future__ import annotations

import asyncio
import gc
import io
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from framework_plugin.cli import conversation, project
from framework_plugin.cli.action_server import ActionServer, running_actions
from framework_plugin.cli.options import (
    ENDPOINTS,
    LOGIN_NAME,
    Endpoints,
    Model,
    User,
    Verbose,
)
from framework_plugin.cli.silence import import_rasa
from framework_plugin.cli.train import train_first

if TYPE_CHECKING:
    from framework_plugin.cli.assistant import Assistant
    from framework_plugin.cli.turn import Turn

Json = Annotated[
    bool, typer.Option("--json", help="Print each turn as one JSON object on a line.")
]


def chat(
    user: User = LOGIN_NAME,
    json: Json = False,
    model: Model = None,
    endpoints: Endpoints = ENDPOINTS,
    verbose: Verbose = False,
) -> None:
    """Talk with the assistant: at a terminal, or one message a line through a pipe."""
    project.require_project()
    project.read_endpoints(endpoints)
    chosen = project.chosen_model(model) or train_first(verbose=verbose)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with running_actions(endpoints, verbose=verbose) as actions:
        console = Console(stderr=True)
        # Libraries that print while they load must not speak as the assistant.
        with console.status("小满正在准备 …"), redirect_stdout(sys.stderr):
            assistant = _load(loop, chosen, endpoints, actions, verbose)

        def answer(text: str) -> Turn:
            return loop.run_until_complete(assistant.answer(text, user))

        _converse(answer, as_json=json)


def _load(
    loop: asyncio.AbstractEventLoop,
    model: Path,
    endpoints: Path,
    actions: ActionServer,
    verbose: bool,
) -> Assistant:
    # What is imported and loaded stays: looking through it for garbage, again and
    # again as it grows, is a tenth of the whole start.
    gc.disable()
    import_rasa(verbose=verbose)
    from framework_plugin.cli.assistant import Assistant, load_agent, services

    named = services(endpoints, actions.url)
    agent = loop.run_until_complete(load_agent(model, named))
    gc.freeze()
    gc.enable()
    actions.wait_until_ready()
    return Assistant(agent)


def _converse(answer: conversation.Answer, *, as_json: bool) -> None:
    if sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
        conversation.at_terminal(answer, Console())
        return
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    out = sys.stdout
    with redirect_stdout(sys.stderr):
        conversation.in_lines(answer, sys.stdin, out, as_json=as_json)
