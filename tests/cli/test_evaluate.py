from __future__ import annotations

import json
import signal
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from framework_plugin.cli import evaluation_run
from tests.cli.conftest import UNANSWERABLE
from tests.small_generator import DIALOGUES

CONFIG = """
language: zh
policies:
- name: RulePolicy
- name: framework_plugin.components.response_policy.LSTMResponsePolicy
  development_corpus: dev
  unanswerable: unanswerable.txt
  beam_width: 3
"""
POLICY = "train_framework_plugin.components.response_policy.LSTMResponsePolicy2"

MESSAGES = sum(
    line.count("|") + 1 for line in DIALOGUES.splitlines() if line.startswith("U:")
) + len(UNANSWERABLE.split())

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def project(small_project: Path) -> Path:
    """What the command needs of a project, without a model."""
    (small_project / "config.yml").write_text(CONFIG, encoding="utf-8")
    return small_project


@pytest.fixture
def run(run_here: Run) -> Run:
    """Runs `evaluate`; returns the exit code and all that was printed."""
    return partial(run_here, "evaluate")


def packed(path: Path, folder: Path | None) -> Path:
    """A model as Rasa packs it, with a generator in it or none."""
    with tarfile.open(path, "w:gz") as archive:
        if folder is not None:
            archive.add(folder, f"components/{POLICY}")
        archive.add(__file__, "components/train_RulePolicy1/rule_policy.json")
    return path


def reports(project: Path) -> list[dict[str, Any]]:
    return [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((project / "reports").glob("*.json"))
    ]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--corpus", "none"), "none"),
        (("--corpus", "empty"), "empty"),
        (("--model", "none.tar.gz"), "none.tar.gz"),
        (("--model", "damaged.tar.gz"), "cannot be unpacked"),
        (("--model", "other.tar.gz"), "holds no LSTMResponsePolicy"),
        (("--model", "empty"), ".json' is missing"),
        (("--compare", "none.json"), "none.json"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_written(
    arguments, named, project, run
) -> None:
    (project / "empty").mkdir()
    (project / "damaged.tar.gz").write_bytes(b"\x1f\x8b\x08 no archive")
    packed(project / "other.tar.gz", None)
    code, printed = run("--model", project / "other.tar.gz", *arguments)
    assert code == 1
    assert named in printed
    assert "Traceback" not in printed
    assert not (project / "reports").exists()


@pytest.mark.parametrize("config", ["policies: [", "- a\n", "policies: [RulePolicy]"])
def test_a_configuration_that_cannot_be_read_is_named(config, project, run) -> None:
    (project / "config.yml").write_text(config, encoding="utf-8")
    code, printed = run()
    assert code == 1
    assert "config.yml" in printed


def test_an_option_that_is_impossible_is_named(project, run) -> None:
    config = CONFIG.replace("beam_width: 3", "beam_width: 0")
    (project / "config.yml").write_text(config, encoding="utf-8")
    code, printed = run()
    assert code == 1
    assert "beam_width" in printed


@pytest.mark.parametrize(
    "arguments", [("--limit", "0"), ("--tokenizer", "words"), ("--seed", "-1")]
)
def test_arguments_that_make_no_sense_are_refused(arguments, project, run) -> None:
    assert run(*arguments)[0] == 2


@pytest.mark.slow
def test_a_generator_that_learned_the_messages_answers_most_of_them(
    artefact, project, run
) -> None:
    code, printed = run("--model", artefact, "--name", "小模型/1")
    assert code == 0, printed
    (report,) = reports(project)
    figures = report["figures"]["all"]
    assert report["complete"] is True
    assert report["about"]["asked"] == report["about"]["measured"] == MESSAGES
    assert figures["right"]["value"] > 0.8
    assert figures["bleu_4"]["value"] > 60
    assert 1 < figures["perplexity_token"]["value"] < 10
    assert figures["unsayable_references"]["value"] == 0
    known = report["figures"]["with_profile"]["right"]["value"]
    assert known > report["figures"]["without_profile"]["right"]["value"]
    assert "calibrated, on these very dialogues" in report["about"]["notes"][0]
    (page,) = (project / "reports").glob("*.html")
    assert page.stem.endswith("-小模型-1")
    assert "<svg" in page.read_text(encoding="utf-8")
    assert page.name in printed.replace("\n", "")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures_from_a_folder_and_from_a_model(
    artefact, project, run
) -> None:
    model = packed(project / "small.tar.gz", artefact)
    assert run("--model", artefact, "--limit", 12)[0] == 0
    assert run("--model", model, "--limit", 12)[0] == 0
    first, second = reports(project)
    for report in (first, second):
        for figures in report["figures"].values():
            del figures["milliseconds_median"], figures["milliseconds_p95"]
    assert first["about"]["measured"] == 12
    assert first["figures"] == second["figures"]
    assert first["samples"] == second["samples"]


@pytest.mark.slow
def test_an_earlier_report_is_shown_beside_and_never_written_over(
    artefact, project, run
) -> None:
    again = ("--model", artefact, "--limit", 8, "--name", "m", "--corpus", "dev")
    assert run(*again)[0] == 0
    (earlier,) = (project / "reports").glob("*.json")
    content = earlier.read_bytes()
    assert run(*again, "--seed", 8, "--compare", earlier)[0] == 0
    assert earlier.read_bytes() == content
    pages = sorted((project / "reports").glob("*.html"))
    assert len(pages) == 2
    both = [page.read_text(encoding="utf-8") for page in pages]
    assert sum("2 seeds" in page for page in both) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_writes_what_was_measured_and_says_so(
    number, artefact, project, run, monkeypatch
) -> None:
    asked = []

    def interrupting(reply, references):
        asked.append(reply)
        if len(asked) == 5:
            signal.raise_signal(number)
        return reply in references

    monkeypatch.setattr(evaluation_run, "is_right", interrupting)
    before = signal.getsignal(number)
    code, printed = run("--model", artefact)
    assert code == 128 + number
    assert "Interrupted" in printed
    (report,) = reports(project)
    assert report["complete"] is False
    assert 0 < report["about"]["measured"] < report["about"]["asked"] == MESSAGES
    assert signal.getsignal(number) is before
