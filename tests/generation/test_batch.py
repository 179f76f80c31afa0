"""Many messages at once get the replies that each gets alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.script import Corpus
from framework_plugin.generation.artefact import read_settings
from framework_plugin.generation.encoding import codec_of
from framework_plugin.generation.serving.batch import find_batch, reply_batch
from framework_plugin.generation.serving.candidates import CandidateFinder, Query
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.generation.training.sources import script_source
from tests.small_generator import SMALL

pytestmark = pytest.mark.slow

PATIENT = DecodingSettings(time_budget_ms=60_000)


@pytest.fixture(scope="module")
def codec(artefact: Path) -> UtteranceCodec:
    return codec_of(read_settings(artefact))


@pytest.fixture(scope="module")
def queries(corpus: Corpus) -> list[Query]:
    source = script_source(corpus.scripts, SMALL)
    return [Query(e.turns, e.known) for e in [*source.plain(), *source.amid_talk()]]


@pytest.mark.parametrize(
    "decoding",
    [
        PATIENT,
        replace(PATIENT, coverage_penalty=0.3, diversity=0.2),
        replace(PATIENT, strategy="top_p", samples=3),
        replace(PATIENT, strategy="greedy", recalled_candidates=0),
    ],
)
def test_replies_are_those_found_one_by_one(
    artefact: Path,
    codec: UtteranceCodec,
    queries: list[Query],
    decoding: DecodingSettings,
) -> None:
    finder = CandidateFinder(artefact, "fp32", codec, decoding)
    alone = [finder.find(q.turns, q.known, q.memory) for q in queries]
    together = find_batch(finder, queries, size=7)
    for one, other in zip(alone, together, strict=True):
        assert [c.text for c in one.candidates] == [c.text for c in other.candidates]
        assert one.source == other.source
        for mine, theirs in zip(one.candidates, other.candidates, strict=True):
            assert mine.log_probs == pytest.approx(theirs.log_probs, abs=1e-3)
            assert (mine.attention is None) == (theirs.attention is None)
            if mine.attention is not None and theirs.attention is not None:
                assert np.allclose(mine.attention, theirs.attention, atol=1e-3)


def test_the_texts_come_in_the_order_of_the_messages(
    artefact: Path, codec: UtteranceCodec, queries: list[Query]
) -> None:
    finder = CandidateFinder(artefact, "fp32", codec, PATIENT)
    told: list[int] = []
    texts = reply_batch(finder, queries, size=5, progress=told.append)
    assert texts == [finder.find(q.turns, q.known).candidates[0].text for q in queries]
    assert sum(told) == len(queries)
    assert max(told) == 5


def test_nothing_asked_nothing_said(artefact: Path, codec: UtteranceCodec) -> None:
    finder = CandidateFinder(artefact, "fp32", codec, PATIENT)
    assert find_batch(finder, []) == []
