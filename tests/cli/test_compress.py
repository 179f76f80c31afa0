from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from framework_plugin.cli import compression_run
from tests.cli.test_evaluate import packed
from tests.generation.compression.test_pruning import digests

CONFIG = """
language: zh
policies:
- name: framework_plugin.components.response_policy.LSTMResponsePolicy
  corpus: dev
  development_corpus: dev
  unanswerable: unanswerable.txt
  batch_size: 4
  epochs: 2
  average_decay: 0.9
  beam_width: 3
"""
COLUMNS = ("parameters", "zeros", "MB", "ms", "perplexity", "BLEU", "same reply")

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def project(small_project: Path) -> Path:
    """What the command needs of a project, without a model."""
    (small_project / "config.yml").write_text(CONFIG, encoding="utf-8")
    return small_project


@pytest.fixture
def run(run_here: Run) -> Run:
    """Runs `compress`; returns the exit code and all that was printed."""
    return partial(run_here, "compress")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--sparsity", "1"),
        ("--sparsity", "0"),
        ("--method", "zip"),
        ("--student-units", "0"),
        ("--limit", "0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, project, run) -> None:
    assert run(*arguments)[0] == 2


@pytest.mark.parametrize("output", ["config.yml", "config.yml/under", "model/new"])
def test_an_output_that_has_no_place_is_refused_before_any_work(
    output, project, run
) -> None:
    (project / "model").mkdir()
    code, printed = run("--model", "model", "--output", output)
    assert code == 1
    assert "--output" in printed
    assert not list((project / "model").iterdir())


def test_what_is_no_generator_is_named(project, run) -> None:
    (project / "empty").mkdir()
    code, printed = run("--model", "empty")
    assert code == 1
    assert "'empty'" in printed
    assert not (project / "models").exists()


@pytest.mark.slow
def test_a_model_is_compressed_and_the_table_says_what_it_costs(
    artefact, project, run
) -> None:
    model = packed(project / "small.tar.gz", artefact)
    before = model.read_bytes()
    arguments = ("--model", model, "--method", "int8", "--limit", 8, "--output", "new")
    code, printed = run(*arguments)
    assert code == 0, printed
    assert model.read_bytes() == before
    assert "8 held-out messages" in printed
    for column in COLUMNS:
        assert column in printed
    rows = [line for line in printed.splitlines() if "as trained" in line]
    assert ["fp32" in row for row in rows] == [True, False]
    assert "100%" in rows[0]
    written = digests(project / "new" / "int8")
    assert "step.int8.onnx" in written
    assert run(*arguments)[0] == 0
    assert digests(project / "new" / "int8") == written


@pytest.mark.slow
def test_what_stands_in_the_place_of_a_result_is_left_alone(
    artefact, project, run
) -> None:
    kept = project / "new" / "int8" / "mine.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    code, printed = run(
        "--model", artefact, "--method", "int8", "--output", kept.parent.parent
    )
    assert code == 1
    assert "Nothing is written over" in printed
    assert [path.name for path in kept.parent.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_stopped_while_measuring_the_table_tells_of_what_was_measured(
    artefact, project, run, monkeypatch
) -> None:
    class Stopping(compression_run.Measuring):
        def ask(self, example) -> None:
            if self.asked == 3:
                signal.raise_signal(signal.SIGINT)
            super().ask(example)

    monkeypatch.setattr(compression_run, "Measuring", Stopping)
    code, printed = run("--model", artefact, "--method", "int8", "--output", "new")
    assert code == 130
    assert "3 held-out messages" in printed
    assert "Stopped after 3 of" in printed


@pytest.mark.slow
def test_stopped_while_training_nothing_is_left_but_what_to_go_on_from(
    artefact, project, run, monkeypatch
) -> None:
    class Stopping(compression_run.TerminalProgress):
        def epoch_started(self, *numbers: int) -> None:
            super().epoch_started(*numbers)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(compression_run, "TerminalProgress", Stopping)
    code, printed = run("--model", artefact, "--method", "prune", "--output", "new")
    assert code == 130
    assert "goes on where it was" in printed
    assert [path.name for path in (project / "new").iterdir()] == [".work"]
