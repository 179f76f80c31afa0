"""`personal-chat evaluate`: the command; what it does is in `evaluation_run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from framework_plugin.cli import project

Evaluated = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="A trained model (.tar.gz), or the folder of a generator; by default the "
        "newest in models/.",
    ),
]
Dialogues = Annotated[
    Path | None,
    typer.Option(
        "--corpus",
        help="Dialogues never learned from; by default the 'development_corpus' of "
        "config.yml.",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, help="At most so many messages, spread over all topics."
    ),
]
Output = Annotated[Path, typer.Option("--output", help="Folder for the report.")]
Seed = Annotated[
    int, typer.Option("--seed", min=0, help="The same seed draws the same candidates.")
]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="What to call the model; reports of one name are compared as seeds of "
        "one model.",
    ),
]
Compare = Annotated[
    list[Path] | None,
    typer.Option(
        "--compare", help="An earlier report (.json) to show beside; may be repeated."
    ),
]
Cut = Annotated[
    Literal["zh", "char", "13a"],
    typer.Option("--tokenizer", help="What n-grams are made of, as in sacrebleu."),
]


def evaluate(
    model: Evaluated = None,
    corpus: Dialogues = None,
    limit: Limit = None,
    output: Output = Path("reports"),
    seed: Seed = 7,
    name: Name = None,
    compare: Compare = None,
    tokenizer: Cut = "zh",
) -> None:
    """Measure the generator's replies, and write a report (JSON and HTML).

    Ctrl-C stops it; what was measured so far is written all the same.
    """
    project.require_project()
    # Only here, so that `--help` does not wait for it.
    from framework_plugin.cli.evaluation_run import Request, run

    code = run(
        Request(
            model=model,
            corpus=corpus,
            limit=limit,
            output=output,
            seed=seed,
            name=name,
            compare=tuple(compare or ()),
            tokenizer=tokenizer,
        )
    )
    if code:
        raise typer.Exit(code)
