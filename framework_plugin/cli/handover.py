"""`personal-chat handover`: who waits for a person; taking, answering, giving back."""

from __future__ import annotations

import json as json_
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from framework_plugin.cli.options import ENDPOINTS, LOGIN_NAME, Endpoints
from framework_plugin.cli.project import read_endpoints
from framework_plugin.errors import SettingsError

if TYPE_CHECKING:
    from framework_plugin.components.desk import Desk, View
    from framework_plugin.handover.entry import Entry

app = typer.Typer(
    no_args_is_help=True,
    help="Show who waits for a person; take conversations, answer and close them.",
)

Id = Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]

_LISTED = 100
_ACTOR = f"cli:{LOGIN_NAME}"
_LONGEST_GOODBYE = 30.0
"""Seconds for which the command waits at most until a notice was tried."""


@app.command("list")
def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are closed too, newest first.")
    ] = False,
    json: Json = False,
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """List who waits for a person or is with one; who asked first is first."""
    from framework_plugin.components.desk import entry_as_json

    with _desk(endpoints) as desk:
        entries = desk.queue.newest(_LISTED) if everything else desk.queue.opened()
    if json:
        content = {"handovers": [entry_as_json(entry) for entry in entries]}
        typer.echo(json_.dumps(content, ensure_ascii=False))
    elif entries:
        _print_table(entries)
    else:
        typer.echo("Nobody waits for a person.")


@app.command()
def show(id_: Id, json: Json = False, endpoints: Endpoints = ENDPOINTS) -> None:
    """Show what led to it and what was said since; the audit notes who looked."""
    from framework_plugin.components.desk import view_as_json

    with _desk(endpoints) as desk:
        view = desk.show(id_, _ACTOR, time.time())
        if json:
            content = view_as_json(view, desk.settings)
            typer.echo(json_.dumps(content, ensure_ascii=False))
        else:
            _print_view(view, desk)


@app.command()
def take(
    id_: Id,
    name: Annotated[
        str, typer.Option("--as", metavar="NAME", help="The name the user reads.")
    ] = LOGIN_NAME,
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Take a conversation: the assistant is silent in it until it is closed."""
    with _desk(endpoints) as desk:
        entry = desk.take(id_, name, _ACTOR, time.time())
    typer.echo(
        f"{entry.taken_by} has handover {id_} with '{entry.sender_id}'; it ends after "
        f"{desk.settings.idle_seconds / 60:g} minutes without a reply."
    )


@app.command()
def reply(
    id_: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The words.")],
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Say something to the user of a conversation that was taken.

    It gets there at once where the server serves the desk and the channel can speak
    first, else with the user's next message.
    """
    with _desk(endpoints) as desk:
        desk.reply(id_, text, _ACTOR, time.time())
    typer.echo("Noted; the user gets it.")


@app.command()
def close(id_: Id, endpoints: Endpoints = ENDPOINTS) -> None:
    """Give a conversation back to the assistant, which tells the user."""
    with _desk(endpoints) as desk:
        entry = desk.close(id_, _ACTOR, time.time())
    typer.echo(f"Handover {id_} with '{entry.sender_id}' is closed.")


@contextmanager
def _desk(endpoints: Path) -> Iterator[Desk]:
    """The desk; at the end it is waited for what the webhook is told.

    Raises:
        SettingsError: If there is no `handover.yml`, or it cannot be used.
    """
    # SQLAlchemy takes its time, and `--help` shall not wait for it.
    from framework_plugin.components.desk import Desk, webhook_of
    from framework_plugin.handover.settings import FILE, settings_beside
    from framework_plugin.memory.opening import open_memory

    settings = settings_beside(endpoints)
    if settings is None:
        raise SettingsError(
            f"There is no {FILE} beside {endpoints}, so nobody is put into a queue. "
            "Make one; docs/handover.md says what stands in it."
        )
    repository = open_memory(read_endpoints(endpoints)).repository
    webhook = webhook_of(repository, settings)
    yield Desk(repository, settings, webhook)
    if webhook is not None and not webhook.close(_LONGEST_GOODBYE):
        typer.echo(
            "The webhook has not taken the notice yet; the servers go on trying.",
            err=True,
        )


def _print_table(entries: Sequence[Entry]) -> None:
    table = Table("id", "user", "channel", "reason", "asked at", "state")
    for entry in entries:
        cells = (entry.sender_id, entry.channel or "–", entry.reason.value)
        state = _state(entry)
        table.add_row(
            str(entry.id), *map(Text, cells), _when(entry.asked_at), Text(state)
        )
    Console().print(table)


def _print_view(view: View, desk: Desk) -> None:
    entry, console = view.entry, Console(highlight=False)
    head = f"{entry.id}  {entry.sender_id}  {entry.channel or '–'}  {_state(entry)}"
    console.print(Text(head, style="bold"))
    console.print(Text(view.summary.text(entry, desk.settings.hours)))
    if view.pending:
        console.print(Text("用户还没看到：", style="dim"))
        for one in view.pending:
            console.print(Text(f"{one.speaker or '小满'}：{one.text}", style="dim"))


def _state(entry: Entry) -> str:
    if entry.outcome is not None:
        return f"{entry.outcome.value} {_when(entry.closed_at or 0.0)}"
    if entry.taken_by is None:
        return "waiting"
    silent = "" if entry.is_held(time.time()) else " (silent for too long)"
    return f"with {entry.taken_by}{silent}"


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"
