"""`personal-chat memory`: what is known of a user, shown and removed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from framework_plugin.cli.memory_audit import audit_as_json, print_audit
from framework_plugin.cli.memory_rotation import rotate_all
from framework_plugin.cli.options import (
    ENDPOINTS,
    LOGIN_NAME,
    Endpoints,
    Sender,
    User,
)
from framework_plugin.cli.project import read_endpoints
from framework_plugin.corpus.user_context import Fact, UserContext

if TYPE_CHECKING:
    from framework_plugin.memory.identities import Person
    from framework_plugin.memory.opening import Memory
    from framework_plugin.memory.repository import MemoryRepository

app = typer.Typer(
    no_args_is_help=True,
    help="Show, export, link, protect or remove what is remembered of users.",
)

Yes = Annotated[bool, typer.Option("--yes", help="Remove without asking first.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]


@app.command()
def show(user: User, json: Json = False, endpoints: Endpoints = ENDPOINTS) -> None:
    """Show what is and was known of a user, and how many turns are stored.

    Linked senders are one user: what is shown is of all of them.
    """
    repository = _memory(endpoints).repository
    context, person = _everything(repository, user), repository.person(user)
    past = repository.past_facts(user, time.time())
    _note(repository, "show", user, f"{len(context.facts)} facts")
    if json:
        _print_json(context, past, person)
    else:
        _print_table(context, past, person)


@app.command()
def export(
    user: User,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Write to this new file, not to the terminal."),
    ] = None,
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Write out all that is stored of a user, as JSON."""
    memory = _memory(endpoints)
    found = memory.export(user)
    _note(memory.repository, "export", user, f"{len(found['events'])} events")
    text = json.dumps(found, ensure_ascii=False, indent=1)
    if output is None:
        typer.echo(text)
        return
    from framework_plugin.memory.files import open_private

    try:
        with open_private(output, "x") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise typer.BadParameter(
            f"'{output}' cannot be written ({error.strerror}); name a file that is not "
            "there yet, in a folder that is."
        ) from error
    typer.echo(
        f"Wrote {len(found['facts'])} facts and {len(found['events'])} events of "
        f"'{user}' to {output}."
    )


@app.command()
def forget(user: User, yes: Yes = False, endpoints: Endpoints = ENDPOINTS) -> None:
    """Remove all facts and all conversations of a user, for good.

    Linked senders are one user: the conversations of all of them are removed. Only the
    audit keeps a row that says when this was done, and by whom.
    """
    memory = _memory(endpoints)
    person = memory.repository.person(user)
    if not yes:
        _ask(_everything(memory.repository, user), person)
    forgotten = memory.forget(user)
    removed = f"{forgotten.facts} facts and {forgotten.events} events"
    _note(memory.repository, "forget", user, removed)
    typer.echo(
        f"Removed {removed} of conversations of {_names(person)}. That it was done "
        "stays in the audit."
    )


@app.command()
def migrate(endpoints: Endpoints = ENDPOINTS) -> None:
    """Bring the database up to date, also one that Rasa's SQL store wrote.

    Rasa's server does so itself when it starts. What is stored stays.
    """
    from framework_plugin.memory.database import database_url, open_engine, safe_url
    from framework_plugin.memory.migrations import LATEST
    from framework_plugin.memory.repository import MemoryRepository

    engine = open_engine(database_url(read_endpoints(endpoints)))
    began = time.perf_counter()
    before = MemoryRepository(engine).migrate()
    if before == LATEST:
        typer.echo(f"{safe_url(engine.url)} is up to date (version {LATEST}).")
        return
    typer.echo(
        f"{safe_url(engine.url)} was brought from version {before or 'none'} to "
        f"{LATEST} in {time.perf_counter() - began:.1f} s."
    )


@app.command("link")
def link_senders(one: Sender, other: Sender, endpoints: Endpoints = ENDPOINTS) -> None:
    """Make two senders one user, who knows what was told to either.

    Users can do it themselves, by a code that they get from one channel and say in the
    other. Of two facts that cannot both be true the one told later stays.
    """
    repository = _memory(endpoints).repository
    if one == other:
        raise typer.BadParameter("name two different senders.")
    linked = repository.link(one, other, time.time())
    state = "are one user now" if linked else "were one user already"
    typer.echo(f"{_names(repository.person(one))} {state}.")


@app.command("unlink")
def unlink_sender(sender: Sender, endpoints: Endpoints = ENDPOINTS) -> None:
    """Make a linked sender a user of its own, of whom no facts are known.

    The facts stay with the senders that it was linked to.
    """
    repository = _memory(endpoints).repository
    others = repository.person(sender).others(sender)
    if not repository.unlink(sender):
        typer.echo(f"'{sender}' is linked to no other sender.")
        return
    typer.echo(
        f"'{sender}' is a user of its own now; the facts stay with {_listed(others)}."
    )


@app.command()
def retention(
    days: Annotated[
        float, typer.Option("--days", min=0.0, help="How long sessions are kept.")
    ],
    yes: Yes = False,
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Move sessions out of the database in which nothing was said for so long.

    They go to the folder that endpoints.yml names as 'archive' of the tracker store,
    or are removed for good if it names none. Facts stay. Meant for a daily timer.
    """
    memory = _memory(endpoints)
    archive = memory.archive
    if archive is None and not yes:
        _agree(
            "endpoints.yml names no 'archive': remove all sessions older than "
            f"{days:g} days for good?"
        )
    try:
        done = memory.repository.retire(time.time() - days * 86_400, archive)
    except OSError as error:
        raise typer.BadParameter(
            f"the archive cannot be written ({error.strerror}); what was not archived "
            "is still in the database. Make space, or let this command write there."
        ) from error
    moved = "Removed" if archive is None else "Archived"
    typer.echo(f"{moved} {done.events} events of {done.users} users.")
    _note(memory.repository, "retention", None, f"{moved} {done.events} events")


@app.command()
def index(endpoints: Endpoints = ENDPOINTS) -> None:
    """Make findable what was said before this version, of all users.

    What the store writes is findable at once; this is for conversations that are older
    than the index, and may be run at any time.
    """
    users = _memory(endpoints).repository.index()
    typer.echo(f"Indexed the messages of {users} users.")


@app.command()
def rotate(endpoints: Endpoints = ENDPOINTS) -> None:
    """Seal all that is stored with the newest encryption key.

    Give 'encryption_key' the new key first and the old ones behind it, restart every
    process that uses the memory, run this, and then remove the old keys. A run that
    was interrupted goes on when it is started again. Run it as well after encryption
    was switched on, to seal what was stored before.
    """
    memory = _memory(endpoints)
    if memory.privacy.cipher is None:
        raise typer.BadParameter(
            f"{endpoints} names no 'encryption_key' for the tracker store; there is "
            "nothing to seal with."
        )
    rows = rotate_all(memory)
    # The words by which messages are found are keyed, and no longer known.
    memory.repository.index()
    key = memory.privacy.cipher.newest
    _note(memory.repository, "rotate", None, f"{rows} rows, key {key}")
    typer.echo(f"All {rows} rows are sealed with the key of id {key}.")


@app.command()
def audit(
    user: Annotated[
        str | None,
        typer.Argument(metavar="[USER]", help="Only what concerns this user's memory."),
    ] = None,
    json: Json = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="At most so many of the newest.")
    ] = 100,
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Show who looked at or changed the memory, and when; the newest last."""
    from framework_plugin.memory.audit import read_audit

    with _memory(endpoints).repository.reading() as connection:
        entries = read_audit(connection, user, limit)
    if json:
        typer.echo(audit_as_json(entries))
    else:
        print_audit(entries)


def _memory(endpoints: Path) -> Memory:
    # SQLAlchemy takes its time, and `--help` shall not wait for it.
    from framework_plugin.memory.opening import open_memory

    return open_memory(read_endpoints(endpoints))


def _note(
    repository: MemoryRepository, action: str, user: str | None, detail: str
) -> None:
    """Writes down who did what, as whom they are logged in."""
    from framework_plugin.memory.audit import AuditEntry

    actor = f"cli:{LOGIN_NAME}"
    repository.note(AuditEntry(time.time(), actor, action, user, detail))


def _everything(repository: MemoryRepository, user: str) -> UserContext:
    """All that is kept of a user, the running session included."""
    now = time.time()
    return repository.user_context(user, sys.maxsize, before=now, now=now)


def _ask(context: UserContext, person: Person) -> None:
    """Goes on only if the person at the terminal agrees to forget somebody."""
    linked = " (linked senders are forgotten together)" if _is_linked(person) else ""
    _agree(
        f"Remove {len(context.facts)} facts and {len(context.earlier_turns)} turns of "
        f"{_names(person)}{linked} for good?"
    )


def _is_linked(person: Person) -> bool:
    return len(person.senders) > 1


def _names(person: Person) -> str:
    return _listed(sender.sender_id for sender in person.senders)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _agree(question: str) -> None:
    """Goes on only if the person at the terminal agrees.

    Raises:
        typer.BadParameter: If there is no terminal to ask at.
        typer.Abort: If the person does not agree.
    """
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "there is no terminal to ask at; say --yes to remove without asking."
        )
    typer.confirm(question, abort=True)


def _print_json(context: UserContext, past: tuple[Fact, ...], person: Person) -> None:
    content = {
        "user": context.user_id,
        "senders": [asdict(sender) for sender in person.senders],
        "facts": [_as_json(fact) for fact in context.facts],
        "past": [_as_json(fact) for fact in past],
        "turns": len(context.earlier_turns),
    }
    typer.echo(json.dumps(content, ensure_ascii=False))


def _as_json(fact: Fact) -> dict[str, Any]:
    return {**asdict(fact), "kind": fact.kind.value}


def _print_table(context: UserContext, past: tuple[Fact, ...], person: Person) -> None:
    console = Console()
    if context.facts or past:
        table = Table("kind", "value", "day", "told at", "sure", "ended")
        for fact in (*context.facts, *past):
            table.add_row(
                fact.kind.value,
                Text(fact.value),
                fact.day or "",
                _when(fact.said_at),
                f"{fact.confidence:.0%}",
                "" if fact.ended_at is None else _when(fact.ended_at),
            )
        console.print(table)
    else:
        console.print(Text(f"No facts are known of {_names(person)}."))
    if context.asked:
        console.print(
            Text(
                f"The user is being asked whether {context.asked.kind.value} is now "
                f"'{context.asked.value}'."
            )
        )
    console.print(f"{len(context.earlier_turns)} turns of conversation are stored.")
    if _is_linked(person):
        console.print(_senders_table(person))


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"


def _senders_table(person: Person) -> Table:
    table = Table("sender", "channel", "linked at")
    for sender in person.senders:
        row = (Text(sender.sender_id), Text(sender.channel or "–"))
        table.add_row(*row, _when(sender.linked_at or 0.0))
    return table
