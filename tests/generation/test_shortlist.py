"""Over a shortlist the search says what it would say, were the other words banned."""

from pathlib import Path

import numpy as np
import pytest

from framework_plugin.corpus.codec import RESERVED
from framework_plugin.errors import ArtefactError, SettingsError
from framework_plugin.generation.encoding import EncodedTexts, encode_texts
from framework_plugin.generation.serving.shortlist import (
    MOST_NEIGHBOURS,
    Neighbours,
    Shortlist,
    Shortlister,
)
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import SPECIALS

MARKS = len(SPECIALS) + len(RESERVED)
WRITTEN, VOCABULARY = MARKS + 60, MARKS + 80
RAIN, UMBRELLA, TEA, CUP, RARE = range(MARKS + 40, MARKS + 45)
HELLO = MARKS


def neighbours() -> Neighbours:
    pairs = [
        *[([RAIN], [UMBRELLA, HELLO])] * 5,
        *[([TEA], [CUP, HELLO])] * 5,
        ([RAIN], [RARE]),
        ([RAIN, VOCABULARY + 3], [HELLO, WRITTEN + 7]),
    ]
    return Neighbours.count(pairs, VOCABULARY, WRITTEN)


def texts(*source: int) -> EncodedTexts:
    return EncodedTexts(list(source), [], list(source), [], ())


def test_words_that_replies_held_are_neighbours() -> None:
    weights = neighbours().weigh([RAIN])
    assert weights.shape == (WRITTEN,)
    assert weights[UMBRELLA] > 0
    assert weights[CUP] == 0


def test_a_neighbour_weighs_how_often_it_follows_and_how_rare_the_word_is() -> None:
    # Umbrellas came up in 5 of 7 replies to rain, which was read in 7 of 12 examples.
    expected = 5 / 7 * np.log(12 / 7)
    assert neighbours().weigh([RAIN])[UMBRELLA] == pytest.approx(expected)


def test_what_speaks_for_a_word_adds_up_over_the_words_read() -> None:
    both = neighbours().weigh([RAIN, TEA, TEA])
    assert both[UMBRELLA] == neighbours().weigh([RAIN])[UMBRELLA]
    assert both[CUP] == neighbours().weigh([TEA])[CUP]


def test_nothing_read_or_nothing_learned_weighs_nothing() -> None:
    assert not neighbours().weigh([]).any()
    assert not Neighbours.count([], VOCABULARY, WRITTEN).weigh([RAIN]).any()


def test_only_the_strongest_neighbours_are_kept() -> None:
    written = MOST_NEIGHBOURS + 50
    pairs = [([0], [word]) for word in range(written) for _ in range(3)]
    pairs += [([1], [])] * 100
    counted = Neighbours.count(pairs, 2, written)
    assert (counted.weigh([0]) > 0).sum() == MOST_NEIGHBOURS


def test_neighbours_are_read_as_they_were_written(tmp_path: Path) -> None:
    neighbours().save(tmp_path)
    again = Neighbours.load(tmp_path)
    assert again.weigh([RAIN, TEA]).tolist() == neighbours().weigh([RAIN, TEA]).tolist()
    assert again.counts.tolist() == neighbours().counts.tolist()


def test_missing_neighbours_name_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="set 'shortlist' to 0"):
        Neighbours.load(tmp_path)


def test_a_negative_shortlist_is_refused() -> None:
    with pytest.raises(SettingsError, match="'shortlist' must be at least 0"):
        DecodingSettings(shortlist=-1)


def test_marks_frequent_words_neighbours_and_words_read_are_chosen() -> None:
    read = MARKS + 50
    chosen = Shortlister(neighbours(), MARKS + 5).choose(texts(RAIN, read))
    assert set(range(MARKS)) < set(chosen)
    assert {HELLO, RAIN, UMBRELLA, read} < set(chosen)


def test_neighbours_come_before_words_that_are_more_frequent() -> None:
    frequent = range(MARKS, MARKS + 40)
    pairs = [([TEA], [word]) for word in frequent for _ in range(5)]
    pairs += [([RAIN], [WRITTEN - 1])] * 2
    counted = Neighbours.count(pairs, VOCABULARY, WRITTEN)
    size = MARKS + 30
    assert WRITTEN - 1 in Shortlister(counted, size).choose(texts(RAIN))
    assert WRITTEN - 1 not in Shortlister(counted, size).choose(texts(TEA))


def test_a_shortlist_has_the_size_asked_for_and_rises() -> None:
    chosen = Shortlister(neighbours(), MARKS + 20).choose(texts(RAIN))
    assert len(chosen) == MARKS + 20
    assert (np.diff(chosen) > 0).all()


def test_all_that_was_read_is_chosen_whatever_the_size() -> None:
    read = range(MARKS, WRITTEN)
    chosen = Shortlister(neighbours(), 1).choose(texts(*read, WRITTEN + 5))
    assert chosen.tolist() == list(range(WRITTEN))


def test_no_more_words_are_chosen_than_there_are() -> None:
    chosen = Shortlister(neighbours(), 10_000).choose(texts(RAIN))
    assert chosen.tolist() == list(range(WRITTEN))


def test_ids_are_the_same_there_and_back() -> None:
    shortlist = Shortlist(np.array([0, 1, 2, 3, 7, 9]), 20)
    ids = np.array([[9, 0, 7], [20, 3, 23]], np.int32)
    assert shortlist.places(ids).tolist() == [[5, 0, 4], [6, 3, 9]]
    assert shortlist.words(shortlist.places(ids)).tolist() == ids.tolist()


KINDS = {
    "lstm": {},
    "untied": {"tied_embeddings": False, "character_embeddings": False},
    "memory and copy": {"memory": True, "copy": True, "source_units": "words"},
    # The width of the gates is that of the vocabulary.
    "as wide as its words": {"decoder_units": WRITTEN // 4},
}


@pytest.fixture(scope="module", params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    from framework_plugin.generation.network.export import export_network
    from framework_plugin.generation.network.seq2seq import build_network
    from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
    from framework_plugin.text.vocabulary import Vocabulary

    sizes = {"embedding_size": 16, "encoder_units": 12, "decoder_units": 24}
    layers = {"encoder_layers": 1, "decoder_layers": 1, "heads": 2}
    settings = NetworkSettings(**{**sizes, **layers, **KINDS[request.param]})
    words = [f"词{i}" for i in range(VOCABULARY - MARKS)]
    vocabulary = Vocabulary([*SPECIALS, *RESERVED, *words], WRITTEN)
    network = build_network(
        settings, TrainingSettings(training_precision="fp32"), vocabulary
    )
    noise = np.random.default_rng(3)
    network.set_weights(
        [w + noise.normal(0, 0.3, w.shape) for w in network.get_weights()]
    )
    made: Path = tmp_path_factory.mktemp("network")
    vocabulary.save(made / "vocabulary.txt")
    export_network(network, vocabulary, made)
    return made


def read(folder: Path) -> list[EncodedTexts]:
    from framework_plugin.text.vocabulary import Vocabulary

    vocabulary = Vocabulary.load(folder / "vocabulary.txt")
    sources = (["<user>", "词40", "陌生", "词7"], ["<user>", "词1", "词70"])
    memories = (["词3", "欧阳"], ["词9"])
    return [
        encode_texts(source, memory, vocabulary)
        for source, memory in zip(sources, memories, strict=True)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_shortlist_of_all_words_changes_no_reply(
    folder: Path, precision: str
) -> None:
    from framework_plugin.generation.serving.runtime import OnnxRuntime, ban
    from framework_plugin.generation.serving.search import search, search_batch

    whole = OnnxRuntime(folder, precision)
    short = OnnxRuntime(folder, precision, Shortlister(neighbours(), WRITTEN))
    settings = DecodingSettings(max_reply_tokens=6, time_budget_ms=60_000)
    bias = ban([0, 1, 2, 3], WRITTEN)
    for one in read(folder):
        expected = search(whole.read(one, bias), settings)
        found = search(short.read(one, bias), settings)
        assert [h.tokens for h in found] == [h.tokens for h in expected]
        for mine, theirs in zip(found, expected, strict=True):
            assert mine.log_probs == pytest.approx(theirs.log_probs, abs=1e-4)
    together = search_batch(short.read_batch(read(folder), bias), settings)
    expected_all = search_batch(whole.read_batch(read(folder), bias), settings)
    assert [h[0].tokens for h in together] == [h[0].tokens for h in expected_all]


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_short_list_is_as_banning_all_other_words(
    folder: Path, precision: str
) -> None:
    from framework_plugin.generation.serving.runtime import OnnxRuntime, ban
    from framework_plugin.text.vocabulary import BEGIN_ID

    shortlister = Shortlister(neighbours(), MARKS + 10)
    whole = OnnxRuntime(folder, precision)
    short = OnnxRuntime(folder, precision, shortlister)
    for one in read(folder):
        chosen = shortlister.choose(one)
        others = set(range(WRITTEN)) - set(chosen.tolist())
        banned = whole.read(one, ban(others, WRITTEN))
        listed = short.read(one, ban((), WRITTEN))
        last = np.array([BEGIN_ID, HELLO])
        states = (s.select(s.start(), np.array([0, 0])) for s in (banned, listed))
        expected, found = (
            stepper.step(state, last, 12)
            for stepper, state in zip((banned, listed), states, strict=True)
        )
        assert found.tokens.tolist() == expected.tokens.tolist()
        assert found.log_probs == pytest.approx(expected.log_probs, abs=1e-3)


@pytest.mark.slow
def test_side_by_side_all_lists_hold(folder: Path) -> None:
    from framework_plugin.generation.serving.runtime import OnnxRuntime, ban

    shortlister = Shortlister(neighbours(), MARKS + 10)
    runtime = OnnxRuntime(folder, "fp32", shortlister)
    batch = runtime.read_batch(read(folder), ban((), WRITTEN))
    assert batch.output is not None
    ids = {word for one in read(folder) for word in shortlister.choose(one).tolist()}
    assert set(batch.output.shortlist.ids.tolist()) == ids


def test_a_step_without_an_output_layer_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from framework_plugin.generation.network.output_rows import cut_out_output

    value = onnx.helper.make_tensor_value_info("bias", 1, [3])
    node = onnx.helper.make_node("Identity", ["bias"], ["scores"])
    out = onnx.helper.make_tensor_value_info("scores", 1, [3])
    graph = onnx.helper.make_graph([node], "step", [value], [out])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "step.onnx")
    with pytest.raises(ArtefactError, match="No output layer over 3 words"):
        cut_out_output(
            tmp_path / "step.onnx", tmp_path / "short.onnx", tmp_path / "rows.onnx", 3
        )
