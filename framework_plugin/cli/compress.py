"""`personal-chat compress`: the command; what it does is in `compression_run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from framework_plugin.cli import project

Compressed = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="A trained model (.tar.gz), or the folder of a generator; by default the "
        "newest in models/. It is only read.",
    ),
]
Method = Annotated[
    Literal["prune", "int8", "distil", "all"],
    typer.Option(
        help="Zeros for the smallest weights; weights of 8 bits; a smaller network "
        "taught by this one, word by word and reply by reply; or all of them."
    ),
]
Sparsity = Annotated[
    float,
    typer.Option(min=0.01, max=0.99, help="Share of zeros that pruning makes."),
]
Recovery = Annotated[
    int,
    typer.Option(min=1, help="Most passes over the corpus after pruning."),
]
StudentUnits = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="The student's 'decoder_units'; other widths shrink in proportion. By "
        "default half of the teacher's.",
    ),
]
Untaught = Annotated[
    bool,
    typer.Option(
        "--untaught",
        help="With a student, train the same network without a teacher as well: does "
        "it pay to teach?",
    ),
]
Output = Annotated[
    Path, typer.Option("--output", help="Folder for the new generators.")
]
Limit = Annotated[
    int,
    typer.Option(min=1, help="Held-out messages that each generator is asked."),
]


def compress(
    model: Compressed = None,
    method: Method = "all",
    sparsity: Sparsity = 0.8,
    recovery_epochs: Recovery = 3,
    student_units: StudentUnits = None,
    untaught: Untaught = False,
    output: Output = Path("models/compressed"),
    limit: Limit = 200,
) -> None:
    """Make the generator smaller, and show what that costs.

    Each method writes a generator of its own; the one it is made from stays as it is.
    Ctrl-C stops it; the same command goes on where it was.
    """
    project.require_project()
    # Only here, so that `--help` does not wait for it.
    from framework_plugin.cli.compression_run import Request, run

    code = run(
        Request(
            model=model,
            method=method,
            sparsity=sparsity,
            recovery_epochs=recovery_epochs,
            student_units=student_units,
            untaught=untaught,
            output=output,
            limit=limit,
        )
    )
    if code:
        raise typer.Exit(code)
