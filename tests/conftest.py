"""A small generator, really trained, for all tests that need one."""

from dataclasses import replace
from pathlib import Path

import pytest

from framework_plugin.corpus.reader import read_corpus
from framework_plugin.corpus.script import Corpus
from framework_plugin.generation.settings import DecodingSettings
from tests.small_generator import DIALOGUES, SMALL, UNANSWERABLE, Silent


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("corpus") / "small.txt"
    path.write_text(DIALOGUES, encoding="utf-8")
    return read_corpus(path)


@pytest.fixture(scope="session")
def artefact(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Only here, so that the quick tests never wait for TensorFlow.
    from framework_plugin.generation.training.pipeline import train_generator
    from framework_plugin.generation.training.sources import script_source

    folder = tmp_path_factory.mktemp("generator")
    # The messages tried are those learned: nearly all are right.
    settings = replace(SMALL, decoding=DecodingSettings(wanted_precision=0.98))
    source = script_source(corpus.scripts, settings)
    train_generator(source, source, UNANSWERABLE, settings, folder, Silent())
    return folder
