"""What a training begins with: vectors from a file, raw text, a trained generator."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework_plugin.corpus.reader import read_corpus
from framework_plugin.corpus.script import Corpus
from framework_plugin.errors import (
    ArtefactError,
    CorpusError,
    PersonalChatError,
    SettingsError,
)
from framework_plugin.generation import artefact as stored
from framework_plugin.generation import lineage
from framework_plugin.generation.encoding import EncodedTexts
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.serving.runtime import OnnxRuntime, ban
from framework_plugin.generation.settings import GeneratorSettings
from framework_plugin.generation.training.beginning import (
    beginning_of,
    trained_network,
)
from framework_plugin.generation.training.cache import CorpusPaths, generator_key
from framework_plugin.generation.training.distribution import Distribution
from framework_plugin.generation.training.fitting import fit_network
from framework_plugin.generation.training.pipeline import train_generator
from framework_plugin.generation.training.pretraining import RawText, Writer, pretrain
from framework_plugin.generation.training.results import EpochResult, Unseen
from framework_plugin.generation.training.sources import script_source
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID, Vocabulary
from tests.small_generator import OPTIONS, UNANSWERABLE, Silent

pytestmark = pytest.mark.slow

# Written with the characters of the dialogues that the base learned.
NEW = """
U: 你喜欢下雨吗 | 下雨好不好
B: 下雨真好，听听雨声。

U: 今天考试了 | 我今天考试
B: 辛苦了，早点休息。
"""
SENTENCES = [
    f"{who}{when}{what}"
    for who in ("我", "他", "妈妈", "邻居", "同事", "老王")
    for when in ("早上", "晚上", "周末", "中午", "下雨天")
    for what in ("去爬山", "在家看书", "煮了一锅面", "给猫洗澡", "听雨声睡着了")
]
random.Random(1).shuffle(SENTENCES)


def settings_with(**changes: Any) -> GeneratorSettings:
    return GeneratorSettings.read({**OPTIONS, **changes})


def corpus_of(text: str, folder: Path, name: str = "new.txt") -> Corpus:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_corpus(path)


def train(
    corpus: Corpus,
    folder: Path,
    base: Path | None = None,
    held_out: Corpus | None = None,
    **changes: Any,
) -> dict[str, Any]:
    settings = settings_with(**changes)
    learned = script_source(corpus.scripts, settings)
    tried = script_source((held_out or corpus).scripts, settings)
    return train_generator(
        learned, tried, UNANSWERABLE, settings, folder, Silent(), base
    )


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


# Word vectors


def vectors_file(folder: Path, words: list[str], size: int = 32) -> Path:
    rng = np.random.default_rng(5)
    lines = [f"{len(words)} {size}"]
    lines += [w + "".join(f" {x:.5f}" for x in rng.normal(0, 0.3, size)) for w in words]
    path = folder / "some.vec"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    return vectors_file(tmp_path, ["我", "早", "下雨", "带", "伞", "辛苦"])


def given(path: Path) -> dict[str, np.ndarray]:
    _, *lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines]
    return {word: np.array(numbers, np.float32) for word, *numbers in rows}


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "trained further"])
def test_frozen_words_keep_the_vectors_of_the_file_and_the_others_learn(
    frozen: bool, corpus: Corpus, vectors: Path, tmp_path: Path
) -> None:
    options = {"embeddings_file": str(vectors), "freeze_embeddings": frozen}
    settings = settings_with(**options, weight_decay=0.1)
    source = script_source(corpus.scripts, settings)
    beginning = beginning_of(settings)
    vocabulary = beginning.vocabulary(source)
    network = build_network(settings.network, settings.training, vocabulary)
    beginning.prepare(
        network, vocabulary, tmp_path, distribution=Distribution(), progress=Unseen()
    )
    before = network.embedding.words.numpy()

    train(corpus, tmp_path / "g", **options, weight_decay=0.1, epochs=3)
    after = trained_network(tmp_path / "g").embedding.words.numpy()
    expected = given(vectors)
    assert sum(word in vocabulary for word in expected) >= 3
    # All are scaled alike, to what the network itself would begin with.
    deviation = settings.network.embedding_deviation
    assert np.mean(np.square(before)) == pytest.approx(deviation**2)
    word = next(word for word in expected if word in vocabulary)
    factor = before[vocabulary.id(word)][0] / expected[word][0]
    for row, token in enumerate(vocabulary.tokens):
        if token in expected:
            assert before[row] == pytest.approx(expected[token] * factor, abs=1e-6)
            assert np.array_equal(after[row], before[row]) is frozen
        elif row > 3:
            assert not np.array_equal(after[row], before[row]), token


def test_a_generator_depends_on_the_content_of_its_vectors_text_and_base(
    corpus: Corpus, vectors: Path, artefact: Path, tmp_path: Path
) -> None:
    (tmp_path / "dialogues.txt").write_text(NEW, encoding="utf-8")
    (tmp_path / "raw.txt").write_text("\n".join(SENTENCES), encoding="utf-8")
    paths = CorpusPaths(str(tmp_path / "dialogues.txt"))
    base = tmp_path / "base"
    shutil.copytree(artefact, base)
    for changes, file in (
        ({"embeddings_file": str(vectors)}, vectors),
        ({"pretraining_text": str(tmp_path / "raw.txt")}, tmp_path / "raw.txt"),
        ({"base_generator": str(base)}, base / "weights.npz"),
    ):
        settings = settings_with(**changes)
        before = generator_key(paths, settings)
        assert generator_key(paths, settings) == before
        file.write_bytes(file.read_bytes() + b"\n")
        assert generator_key(paths, settings) != before


# Raw text


def test_who_read_raw_text_first_is_less_surprised_by_new_replies(
    tmp_path: Path,
) -> None:
    raw, told, kept = SENTENCES[:75], SENTENCES[75:115], SENTENCES[115:]
    path = tmp_path / "raw.txt"
    path.write_text("\n".join(raw), encoding="utf-8")

    def dialogues(replies: list[str], name: str) -> Corpus:
        turns = [f"U: 说说{reply[0]}的事\nB: {reply}\n" for reply in replies]
        return corpus_of("\n".join(turns), tmp_path, name)

    learned, tried = dialogues(told, "told.txt"), dialogues(kept, "kept.txt")

    def fitted(name: str, **changes: Any) -> tuple[float, dict[str, Any]]:
        settings = settings_with(**changes, epochs=2)
        source = script_source(learned.scripts, settings)
        examples = script_source(tried.scripts, settings).plain()
        beginning, folder = beginning_of(settings), tmp_path / name
        words = beginning.vocabulary(source)
        done = fit_network(
            source, examples, words, settings, folder, Silent(), beginning
        )
        figures = beginning.keep(done.network, folder)
        return float(np.exp(done.loss)), {**figures, "words": words.tokens}

    plain, about_plain = fitted("plain")
    raw_text = {"pretraining_text": str(path), "pretraining_epochs": 12}
    helped, about_helped = fitted("helped", **raw_text)
    assert sorted(about_helped["words"]) == sorted(about_plain["words"])
    assert helped < 0.8 * plain
    assert about_helped["pretraining_perplexity"] < 0.2 * len(about_helped["words"])
    assert "pretraining_perplexity" not in about_plain


def test_words_of_the_raw_text_can_be_said(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "raw.txt"
    path.write_text("\n".join(SENTENCES), encoding="utf-8")
    settings = settings_with(pretraining_text=str(path))
    source = script_source(corpus.scripts, settings)
    vocabulary = beginning_of(settings).vocabulary(source)
    assert "煮" not in beginning_of(settings_with()).vocabulary(source)
    assert 0 < vocabulary.id("煮") < vocabulary.written


def test_what_reads_is_left_alone_and_a_second_call_takes_the_result(
    tmp_path: Path,
) -> None:
    path = tmp_path / "raw.txt"
    path.write_text("\n".join(SENTENCES), encoding="utf-8")
    settings = settings_with(pretraining_text=str(path), pretraining_epochs=2)
    text = RawText(path, settings)
    reserved = ("<user>", "<bot>")
    vocabulary = Vocabulary.build(text.sentences(), min_count=1, reserved=reserved)
    network = build_network(settings.network, settings.training, vocabulary)
    encoder = [w.numpy() for w in network.encoder.weights]
    assert len(Writer(network).trainable_variables) < len(network.trainable_variables)

    def read(network: Seq2Seq, progress: Silent) -> EpochResult:
        return pretrain(
            network,
            text,
            vocabulary,
            settings,
            tmp_path / "work",
            distribution=Distribution(),
            progress=progress,
        )

    best = read(network, Silent())
    for own, then in zip(network.encoder.weights, encoder, strict=True):
        if "step" not in own.name:
            assert np.array_equal(own.numpy(), then), own.name

    other, again = (
        build_network(settings.network, settings.training, vocabulary),
        Silent(),
    )
    assert read(other, again) == best
    assert not again.epochs
    for own, then in zip(other.weights, network.weights, strict=True):
        if "step" not in own.name:
            assert np.array_equal(own.numpy(), then.numpy()), own.name


def test_a_text_of_one_sentence_is_too_little(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "raw.txt"
    path.write_text("我去爬山\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="too few to keep some aside"):
        train(corpus, tmp_path / "g", pretraining_text=str(path))


# A trained generator that is gone on from


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return corpus_of(NEW, tmp_path_factory.mktemp("new"))


@pytest.fixture(scope="module")
def adapted(
    artefact: Path, new: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("adapted")
    return folder, train(new, folder, **ADAPTER, base_generator=str(artefact))


ADAPTER = {"adapter_rank": 4, "adapter_alpha": 16.0, "epochs": 40}


def perplexity_on(corpus: Corpus, base: Path, folder: Path) -> float:
    """Of a generator as it is: steps of next to no size change next to nothing."""
    tiny = {"learning_rate": 1e-6, "finetuning_rate": 1.0, "epochs": 1}
    return float(train(corpus, folder, base, **tiny)["development_perplexity"])


def test_trained_further_it_learns_the_new_keeps_its_words_and_leaves_the_old(
    artefact: Path, new: Corpus, corpus: Corpus, tmp_path: Path
) -> None:
    before = files_of(artefact)
    at_first = perplexity_on(new, artefact, tmp_path / "as it was")
    metrics = train(new, tmp_path / "g", artefact, epochs=30)

    assert metrics["development_perplexity"] < 0.5 * at_first
    assert metrics["base"] == lineage.identity(artefact).weights
    words = stored.VOCABULARY
    assert (tmp_path / "g" / words).read_bytes() == (artefact / words).read_bytes()
    assert files_of(artefact) == before


def test_an_adapter_learns_and_is_kept_alone(
    adapted: tuple[Path, dict[str, Any]], artefact: Path, new: Corpus, tmp_path: Path
) -> None:
    folder, metrics = adapted
    at_first = perplexity_on(new, artefact, tmp_path / "as it was")
    assert metrics["development_perplexity"] < 0.7 * at_first
    assert metrics["trained_parameters"] < metrics["parameters"]
    assert not (folder / "weights.npz").exists()
    kept = lineage.read_adapter(folder, artefact)
    assert sum(a.size for a in kept.arrays) == metrics["trained_parameters"]
    assert kept.base == lineage.identity(artefact)


def test_several_adapters_stand_beside_one_base(
    adapted: tuple[Path, dict[str, Any]],
    artefact: Path,
    corpus: Corpus,
    tmp_path: Path,
) -> None:
    before = files_of(artefact)
    other = corpus_of(NEW.replace("下雨真好，", "早点休息，"), tmp_path)
    train(other, tmp_path / "b", **ADAPTER, base_generator=str(artefact))
    vocabulary = Vocabulary.load(artefact / stored.VOCABULARY)
    source = vocabulary.encode(["<user>", "下雨", "好", "不", "好"])
    replies = [vocabulary.encode(list(r)) for r in ("下次再来", "早点休息")]
    for folder in (adapted[0], tmp_path / "b"):
        network = trained_network(folder, artefact)
        texts = EncodedTexts(source, [1], [], [], ())
        stepper = OnnxRuntime(folder, "fp32").read(texts, ban((), vocabulary.written))
        for reply, log_probs in zip(replies, stepper.score(replies), strict=True):
            inputs = {
                "source": np.array([source], np.int32),
                "reply_in": np.array([[BEGIN_ID, *reply]], np.int32),
                "reply_out": np.array([[*reply, END_ID]], np.int32),
            }
            nll = float(network.losses(inputs).nll)
            assert -sum(log_probs) == pytest.approx(nll, rel=1e-3)
    assert files_of(artefact) == before


def test_an_adapter_is_gone_on_with(
    adapted: tuple[Path, dict[str, Any]], artefact: Path, new: Corpus, tmp_path: Path
) -> None:
    folder, metrics = adapted
    options = {**ADAPTER, "base_generator": str(artefact), "epochs": 1}
    more = train(new, tmp_path / "more", folder, **options, learning_rate=1e-6)
    assert more["development_perplexity"] == pytest.approx(
        metrics["development_perplexity"], rel=0.01
    )


# What cannot be gone on from


def test_an_adapter_beside_another_base_is_refused_and_what_differs_is_named(
    adapted: tuple[Path, dict[str, Any]], artefact: Path, tmp_path: Path
) -> None:
    for name, changed in (("weights.npz", "weights"), ("vocabulary.txt", "words")):
        other = tmp_path / changed
        shutil.copytree(artefact, other)
        (other / name).write_bytes((other / name).read_bytes() + b" ")
        with pytest.raises(ArtefactError, match=f"the {changed} of"):
            lineage.read_adapter(adapted[0], other)


@pytest.mark.parametrize(
    ("changes", "error", "named"),
    [
        ({"decoder_units": 64}, SettingsError, "'decoder_units: 48' in place of 64"),
        ({"cell": "gru"}, SettingsError, "'cell: lstm' in place of gru"),
        ({"base_generator": "nowhere"}, ArtefactError, "nowhere"),
        ({"base_generator": None}, SettingsError, "needs a 'base_generator'"),
        ({"pretraining_text": "raw.txt"}, SettingsError, "begins anew"),
    ],
    ids=["sizes", "kind", "no folder", "no base", "with raw text"],
)
def test_what_cannot_be_gone_on_from_is_named(
    changes: dict[str, Any],
    error: type[PersonalChatError],
    named: str,
    artefact: Path,
) -> None:
    given = {**ADAPTER, "base_generator": str(artefact), **changes}
    with pytest.raises(error, match=named):
        beginning_of(settings_with(**given))


def test_more_may_be_read_than_by_the_base(artefact: Path) -> None:
    longer = {"max_turn_tokens": 77, "max_memory_tokens": 333}
    beginning = beginning_of(settings_with(base_generator=str(artefact), **longer))
    assert beginning.signature["weights"] == lineage.identity(artefact).weights


def test_an_adapter_is_no_base(
    adapted: tuple[Path, dict[str, Any]], artefact: Path
) -> None:
    with pytest.raises(ArtefactError, match="is an adapter beside another"):
        beginning_of(settings_with(base_generator=str(adapted[0])))


def test_a_damaged_adapter_is_named(
    adapted: tuple[Path, dict[str, Any]], artefact: Path, tmp_path: Path
) -> None:
    (tmp_path / lineage.ADAPTER).write_bytes(b"PK nothing")
    with pytest.raises(ArtefactError, match="damaged"):
        lineage.read_adapter(tmp_path, artefact)
