from __future__ import annotations

import gzip
import logging
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec
from gensim.models.fasttext import load_facebook_vectors, save_facebook_model
from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes
from hypothesis import example, given
from hypothesis import strategies as st

from framework_plugin.errors import SettingsError
from framework_plugin.text.embeddings import read_vectors, vectors_for
from framework_plugin.text.embeddings_fasttext import character_grams, fasttext_hash

SENTENCES = [["我", "喜欢", "喝茶"], ["你", "喜欢", "爬山"], ["我", "爬山", "喝茶"]] * 5
WORDS = ["喝茶", "喜欢", "我", "缺席"]
TEXT = "喝茶 0.5 -1 2e-1\n我 1 2 3\n喜欢 4 5 6\n"
EXPECTED = {"喝茶": [0.5, -1, 0.2], "我": [1, 2, 3], "喜欢": [4, 5, 6]}


def binary(words: dict[str, list[float]], end: bytes, encoding: str = "utf-8") -> bytes:
    size = len(next(iter(words.values())))
    records = (
        word.encode(encoding) + b" " + struct.pack(f"<{size}f", *values) + end
        for word, values in words.items()
    )
    return f"{len(words)} {size}\n".encode() + b"".join(records)


@pytest.fixture(scope="module")
def word2vec() -> KeyedVectors:
    return Word2Vec(SENTENCES, vector_size=8, min_count=1, epochs=1, workers=1).wv


@pytest.fixture(scope="module")
def fasttext_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fasttext") / "model.bin"
    model = FastText(
        SENTENCES, vector_size=8, min_count=1, min_n=1, max_n=3, bucket=500, workers=1
    )
    save_facebook_model(model, str(path))
    return path


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        b"3 3\n" + TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        b"\xef\xbb\xbf3 3\n" + TEXT.encode(),
        TEXT.replace("\n", " \r\n").encode(),
        TEXT.replace(" ", "\t").encode(),
        TEXT.encode("gb18030"),
        b"3 3\n" + TEXT.encode("gb18030"),
        binary(EXPECTED, b""),
        binary(EXPECTED, b"\n"),
        binary(EXPECTED, b"\n", "gb18030"),
    ],
    ids=[
        "GloVe",
        "word2vec text",
        "GloVe with a mark",
        "word2vec with a mark",
        "blanks before line ends",
        "tabs",
        "GloVe in GB18030",
        "word2vec in GB18030",
        "word2vec binary",
        "word2vec binary with line breaks",
        "word2vec binary in GB18030",
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_every_form_is_told_from_its_content(content, compressed, tmp_path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(gzip.compress(content) if compressed else content)
    vectors = read_vectors(path, WORDS)
    assert vectors.words == ("喝茶", "喜欢", "我")
    for word, row in zip(vectors.words, vectors.matrix, strict=True):
        np.testing.assert_allclose(row, EXPECTED[word], rtol=1e-6)


@pytest.mark.parametrize("is_binary", [False, True])
def test_files_of_gensim_are_read_as_gensim_reads_them(
    is_binary, word2vec, tmp_path
) -> None:
    path = tmp_path / "vectors"
    word2vec.save_word2vec_format(str(path), binary=is_binary)
    vectors = read_vectors(path, word2vec.index_to_key)
    assert list(vectors.words) == word2vec.index_to_key
    np.testing.assert_allclose(vectors.matrix, word2vec.vectors, rtol=1e-6)


@pytest.mark.parametrize("compressed", [False, True])
def test_fasttext_models_give_the_vectors_that_gensim_gives(
    compressed, fasttext_file, tmp_path
) -> None:
    reference = load_facebook_vectors(str(fasttext_file))
    path = fasttext_file
    if compressed:
        path = tmp_path / "model.bin.gz"
        path.write_bytes(gzip.compress(fasttext_file.read_bytes()))
    words = ["喜欢", "爬山", "喜欢喝", "山茶花", "tea", "😀"]
    vectors = read_vectors(path, words, size=8)
    assert list(vectors.words) == words
    assert vectors.composed == set(words[2:])
    expected = np.array([reference[word] for word in words])
    np.testing.assert_allclose(vectors.matrix, expected, rtol=1e-5, atol=1e-8)


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=8))
def test_n_grams_and_their_hashes_are_those_of_fasttext(word) -> None:
    for shortest, longest in [(1, 3), (3, 6), (5, 5)]:
        grams = list(character_grams(word, shortest, longest))
        reference = compute_ngrams_bytes(word, shortest, longest)
        assert sorted(gram.encode() for gram in grams) == sorted(reference)
    assert fasttext_hash(word) == ft_hash_bytes(word.encode())


def test_a_word_of_several_parts_is_not_taken_for_its_first(tmp_path) -> None:
    path = tmp_path / "glove.txt"
    path.write_text("a 1 2\n. . 3 4\nNew York 5 6\n. 7 8\n", encoding="utf-8")
    vectors = read_vectors(path, [".", "New", "New York"])
    assert vectors.words == (".", "New York")
    assert vectors.matrix.tolist() == [[7, 8], [5, 6]]


def test_of_a_word_that_comes_twice_the_first_vector_counts(tmp_path) -> None:
    path = tmp_path / "twice.txt"
    path.write_text("茶 1 2\n茶 3 4\n", encoding="utf-8")
    assert read_vectors(path, ["茶", "水"]).matrix.tolist() == [[1, 2]]


@given(
    st.dictionaries(
        st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=4),
        st.lists(st.floats(-9, 9, width=32), min_size=3, max_size=3),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([b"", b"\n"]),
)
@example({"0": [4.239506721496582, 0, 0]}, b"")  # Its first byte is a line break.
@example({"0": [struct.unpack("<f", b"1\n1 ")[0]] * 3}, b"")
def test_any_binary_file_comes_back_as_it_was_written(words, end) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.bin"
        path.write_bytes(binary(words, end))
        vectors = read_vectors(path, list(words))
    assert vectors.words == tuple(words)
    np.testing.assert_array_equal(
        vectors.matrix, np.array(list(words.values()), dtype=np.float32)
    )


def test_a_large_file_costs_memory_for_the_wanted_words_only(tmp_path) -> None:
    import tracemalloc

    path = tmp_path / "large.vec"
    with path.open("w", encoding="utf-8") as file:
        file.write("60000 50\n")
        for number in range(60_000):
            file.write(f"词{number} " + "0.25 " * 50 + "\n")
    assert path.stat().st_size > 15e6
    tracemalloc.start()
    try:
        vectors = read_vectors(path, ["词3", "词59999"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert vectors.matrix.shape == (2, 50)
    assert peak < 4e6


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        ("今天天气真好。\n明天也好。\n".encode(), "no file of word vectors"),
        (b'{"words": 3}', "no file of word vectors"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no file of word vectors"),
        (TEXT.encode("utf-16"), "no file of word vectors"),
        (b"3 0\n", "no file of word vectors"),
        (TEXT.replace("6", "x").encode(), "line 3 is not a word and 3 numbers"),
        (b"3 3\n" + TEXT.replace(" 6", "").encode(), "line 4 is not a word and 3"),
        (TEXT.replace("6", "NaN").encode(), "vector of '喜欢' holds NaN"),
        (TEXT.replace("6", "inf").encode(), "vector of '喜欢' holds NaN or inf"),
        (binary(EXPECTED, b"\n")[:-6], "word 3 of 3: 5 bytes are missing"),
        (binary(EXPECTED, b"")[:-14], "word 3 of 3: a word is cut off"),
        (b"3 3\n", "word 1 of 3: a word is cut off"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-20], "ends before it should"),
        (b"\x80\x80 1 2 3\n\xff\xff 1 2 3\n", "neither UTF-8 nor GB18030.*at 1"),
        (TEXT.encode() + b"\xff\xff 1 2 3\n", "by line: utf-8 .first at 4"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(content, told, tmp_path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=told) as error:
        read_vectors(path, WORDS)
    assert str(path) in str(error.value)


def test_a_few_broken_words_are_skipped_with_a_warning(tmp_path, caplog) -> None:
    path = tmp_path / "vectors"
    lines = [f"词{number} 1 2".encode() for number in range(30)]
    lines[7] = b"\xe8\xaf 1 2"
    path.write_bytes(b"\n".join(lines))
    vectors = read_vectors(path, ["词8", "词29", "缺席"])
    assert vectors.words == ("词8", "词29")
    assert "1 words of" in caplog.text
    assert "the first at 8" in caplog.text


def test_a_text_file_that_was_cut_is_read_with_a_warning(tmp_path, caplog) -> None:
    path = tmp_path / "vectors"
    path.write_text("100 3\n" + TEXT, encoding="utf-8")
    assert len(read_vectors(path, WORDS).words) == 3
    assert "hold 3 words, but announce 100" in caplog.text


@pytest.mark.parametrize("path", ["none.vec", "."])
def test_a_file_that_is_not_there_is_told(path, tmp_path) -> None:
    with pytest.raises(SettingsError, match="'embeddings_file'"):
        read_vectors(tmp_path / path, WORDS)


def test_a_wrong_size_names_both_numbers_and_the_setting(
    fasttext_file, tmp_path
) -> None:
    path = tmp_path / "vectors"
    path.write_text(TEXT, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"have 3 .*256\. Set 'embedding_size: 3"):
        read_vectors(path, WORDS, size=256)
    with pytest.raises(SettingsError, match=r"have 8 .*256\. Set 'embedding_size: 8"):
        read_vectors(fasttext_file, WORDS, size=256)


def test_damaged_and_quantised_fasttext_models_are_refused(
    fasttext_file, tmp_path
) -> None:
    content = bytearray(fasttext_file.read_bytes())
    path = tmp_path / "damaged.bin"
    for length in (4, 50, 100, 200, 2000):
        path.write_bytes(content[:length])
        with pytest.raises(SettingsError, match="ends before it should"):
            read_vectors(path, WORDS)
    path.write_bytes(content[:4] + b"\x07" + content[5:])
    with pytest.raises(SettingsError, match="version 7"):
        read_vectors(path, WORDS)
    mark = content.index(struct.pack("<?qq", False, 500 + 5, 8))
    content[mark] = 1
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"quantised .*\.bin or \.vec"):
        read_vectors(path, WORDS)


def test_embeddings_hold_the_vectors_of_the_file_and_random_ones_as_long(
    tmp_path,
) -> None:
    rng = np.random.default_rng(0)
    known = {f"词{number}": rng.normal(0, 0.3, 64).tolist() for number in range(200)}
    path = tmp_path / "vectors.bin"
    path.write_bytes(binary(known, b"\n"))
    tokens = ["<pad>", "<user>", "{name}", *known, *(f"新{n}" for n in range(200))]
    matrix, coverage = vectors_for(tokens, path, 64, np.random.default_rng(1))
    assert matrix.shape == (403, 64)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix[3:203], list(known.values()), rtol=1e-6)
    lengths = np.linalg.norm(matrix, axis=1)
    assert lengths[203:].mean() == pytest.approx(lengths[3:203].mean(), rel=0.05)
    assert coverage.found.tolist() == [False] * 3 + [True] * 200 + [False] * 200
    assert coverage.vocabulary == 0.5
    again, _ = vectors_for(tokens, path, 64, np.random.default_rng(1))
    np.testing.assert_array_equal(again, matrix)


def test_coverage_counts_words_and_running_words_and_is_logged(
    tmp_path, caplog
) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(TEXT, encoding="utf-8")
    tokens = ["<pad>", "我", "喝茶", "乙", "甲"]
    counts = {"<pad>": 99, "我": 6, "喝茶": 2, "甲": 2}
    with caplog.at_level(logging.INFO):
        _, coverage = vectors_for(tokens, path, 3, np.random.default_rng(), counts)
    assert coverage.vocabulary == 0.5
    assert coverage.running_words == 0.8
    assert coverage.missing == ("甲", "乙")
    assert "2 of 4 words have a vector (50.0%), 80.0% of running words" in caplog.text
    assert [r.levelname for r in caplog.records] == ["INFO"]


def test_low_coverage_is_a_warning_and_none_an_error(tmp_path, caplog) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(TEXT, encoding="utf-8")
    vectors_for(["我", "甲", "乙"], path, 3, np.random.default_rng())
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    with pytest.raises(SettingsError, match="none of the 1 words"):
        vectors_for(["<pad>", "甲"], path, 3, np.random.default_rng())


def test_words_composed_from_n_grams_are_covered(fasttext_file) -> None:
    tokens = ["喜欢", "喜欢喝", "<user>"]
    _, coverage = vectors_for(tokens, fasttext_file, 8, np.random.default_rng())
    assert coverage.found.tolist() == [True, True, False]
    assert coverage.composed == 1


def test_neighbours_are_those_that_gensim_finds(word2vec, tmp_path) -> None:
    path = tmp_path / "vectors.bin"
    word2vec.save_word2vec_format(str(path), binary=True)
    vectors = read_vectors(path, word2vec.index_to_key)
    found = dict(vectors.neighbours(["喝茶", "没有这个词", "我"], 3))
    assert list(found) == ["喝茶", "我"]
    for word, near in found.items():
        expected = word2vec.most_similar(word, topn=3)
        assert [other for other, _ in near] == [other for other, _ in expected]
        assert [value for _, value in near] == pytest.approx([v for _, v in expected])


@pytest.mark.slow
def test_any_damage_is_told_or_harmless(fasttext_file, tmp_path) -> None:
    rng = random.Random(0)
    path = tmp_path / "damaged"
    whole = [
        fasttext_file.read_bytes()[:2000],
        fasttext_file.read_bytes(),
        b"3 3\n" + TEXT.encode(),
        binary(EXPECTED, b"\n"),
        gzip.compress(TEXT.encode()),
    ]
    told = 0
    for _ in range(1500):
        content = bytearray(rng.choice(whole))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(min(len(content), 300))
            content[place] = rng.choice([0, 255, 127, 10, 32, rng.randrange(256)])
        path.write_bytes(content)
        try:
            vectors = read_vectors(path, WORDS)
        except SettingsError:
            told += 1
        else:
            assert np.isfinite(vectors.matrix).all()
    assert told > 500
