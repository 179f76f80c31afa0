"""`personal-chat documents gaps`: what users asked and no document answers."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from framework_plugin.cli.options import ENDPOINTS, LOGIN_NAME, Endpoints
from framework_plugin.cli.project import read_endpoints
from framework_plugin.errors import DocumentError

if TYPE_CHECKING:
    from framework_plugin.memory.opening import Memory
    from framework_plugin.retrieval.document import Added
    from framework_plugin.retrieval.gaps import Gap

app = typer.Typer(
    invoke_without_command=True,
    help="List the questions that no document answers, answer or drop them.",
)

ANSWERED = Path("answered.yml")

_SHOWN = 50
_WORDINGS = 3

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
GapId = Annotated[
    int, typer.Argument(metavar="ID", help="As `documents gaps` shows it.")
]


@app.callback()
def gaps(
    context: typer.Context, json: Json = False, endpoints: Endpoints = ENDPOINTS
) -> None:
    """List the questions that no document answers, those asked most often first.

    Questions that ask the same are one gap, with an example of their words.
    """
    if context.invoked_subcommand is not None:
        return
    memory = _memory(endpoints)
    found = _gaps(memory)
    _note(memory, "gaps", f"{sum(len(gap.questions) for gap in found)} questions")
    if json:
        _print_json(found)
    elif found:
        _print_table(found)
    else:
        typer.echo("There are no gaps: every question that was noted has an answer.")


@app.command()
def answer(
    id_: GapId,
    answer: Annotated[
        str, typer.Option("--answer", prompt="Answer", help="What users shall read.")
    ],
    question: Annotated[
        str | None,
        typer.Option("--question", help="How it is asked; the example if left out."),
    ] = None,
    similar: Annotated[
        list[str] | None,
        typer.Option("--similar", help="Another wording; may be given several times."),
    ] = None,
    wordings: Annotated[
        bool,
        typer.Option(
            "--wordings", help="Take the users' own wordings too; read them first."
        ),
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="Where it is written; answered.yml beside endpoints.yml if left out.",
        ),
    ] = None,
    endpoints: Endpoints = ENDPOINTS,
) -> None:
    """Answer a gap: the answer is written into a file and taken up at once."""
    from framework_plugin.memory.masking import STAR
    from framework_plugin.memory.unanswered import State
    from framework_plugin.retrieval.answered import add_entry
    from framework_plugin.retrieval.passages import Passage
    from framework_plugin.retrieval.store import DocumentRepository

    memory = _memory(endpoints)
    gap = _gap(memory, id_)
    asked = (question or gap.example).strip()
    # A wording with a masked number says more of its user than of the matter.
    own = [text for text in gap.wordings if STAR not in text] if wordings else ()
    others = (*(similar or ()), *own)
    questions = tuple(dict.fromkeys((asked, *(one.strip() for one in others))))
    place = file or endpoints.resolve().parent / ANSWERED
    add_entry(
        place,
        Passage(f"gap_{gap.id}", "", "", "", answer.strip(), questions=questions),
    )
    documents = DocumentRepository(memory.repository.engine, endpoints.resolve().parent)
    _fail_if_skipped(documents.add(place, at=time.time()))
    _close(memory, gap, State.ANSWERED)
    typer.echo(
        f"Answered {len(gap.questions)} questions such as 「{gap.example}」; the answer"
        f" stands in {place}."
    )


@app.command()
def drop(id_: GapId, endpoints: Endpoints = ENDPOINTS) -> None:
    """Drop a gap that shall not be answered."""
    from framework_plugin.memory.unanswered import State

    memory = _memory(endpoints)
    gap = _gap(memory, id_)
    _close(memory, gap, State.DROPPED)
    typer.echo(f"Dropped {len(gap.questions)} questions such as 「{gap.example}」.")


def _fail_if_skipped(added: Added) -> None:
    for outcome in added.outcomes:
        if outcome.status.value == "skipped":
            raise DocumentError(" ".join(outcome.problems))


def _memory(endpoints: Path) -> Memory:
    # SQLAlchemy takes its time, and `--help` shall not wait for it.
    from framework_plugin.memory.opening import open_memory

    return open_memory(read_endpoints(endpoints))


def _gaps(memory: Memory) -> list[Gap]:
    from framework_plugin.memory.unanswered import open_questions
    from framework_plugin.retrieval.gaps import Question, gaps_in

    with memory.repository.reading() as connection:
        found = open_questions(connection)
    return gaps_in(
        Question(one.id, one.question, one.asked_at, one.reason.value)
        for one in found
        # What is damaged, or sealed with a lost key, is empty.
        if one.question
    )


def _gap(memory: Memory, id_: int) -> Gap:
    """The gap that a question belongs to."""
    for gap in _gaps(memory):
        if id_ in [question.id for question in gap.questions]:
            return gap
    raise DocumentError(
        f"There is no gap {id_}. Expected an id as 'personal-chat documents gaps' shows"
        " it; it may have been answered, dropped, or forgotten with its user."
    )


def _close(memory: Memory, gap: Gap, state: Any) -> None:
    from framework_plugin.memory.unanswered import close_questions

    ids = [question.id for question in gap.questions]
    with memory.repository.writing() as connection:
        close_questions(connection, ids, state, time.time())
    _note(memory, f"gap {state.value}", f"{len(ids)} questions")


def _note(memory: Memory, action: str, detail: str) -> None:
    """Notes who read or closed what users asked."""
    from framework_plugin.memory.audit import AuditEntry

    memory.repository.note(
        AuditEntry(time.time(), f"cli:{LOGIN_NAME}", action, detail=detail)
    )


def _print_json(found: list[Gap]) -> None:
    content = [
        {
            "id": gap.id,
            "times": len(gap.questions),
            "latest_at": gap.latest_at,
            "example": gap.example,
            "wordings": gap.wordings,
            "reasons": gap.reasons,
        }
        for gap in found
    ]
    typer.echo(json.dumps({"gaps": content}, ensure_ascii=False))


def _print_table(found: list[Gap]) -> None:
    from framework_plugin.retrieval.dates import CHINA

    table = Table("id", "times", "latest", "example", "also", "unhelpful")
    for gap in found[:_SHOWN]:
        latest = datetime.fromtimestamp(gap.latest_at, CHINA)
        others = [text for text in gap.wordings if text != gap.example]
        table.add_row(
            str(gap.id),
            str(len(gap.questions)),
            f"{latest:%Y-%m-%d %H:%M}",
            Text(gap.example, overflow="fold"),
            Text("\n".join(others[:_WORDINGS]), overflow="fold"),
            str(gap.reasons.get("unhelpful", 0)),
        )
    Console().print(table)
    if len(found) > _SHOWN:
        typer.echo(f"… and {len(found) - _SHOWN} more; --json prints all.")
