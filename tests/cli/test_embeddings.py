from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from framework_plugin.cli.main import main
from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.sentences import read_sentences, token_sequences
from framework_plugin.text.embeddings import read_vectors
from framework_plugin.text.segment import create_segmenter
from tests.cli.conftest import COMMAND

DIALOGUES = """# 喝茶
@ name
U: 我喜欢喝茶 | 我爱喝茶
B: {name}，喝茶好，绿茶还是红茶？

U: 今天下雨了
B: 带把伞吧。
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "dialogues.txt").write_text(DIALOGUES * 20, encoding="utf-8")
    lines = "我爱喝红茶\n# 注释\n绿茶也好喝，今天喝绿茶\n"
    (folder / "plain.txt").write_text(lines * 20, encoding="gb18030")
    (folder / "pairs.tsv").write_text("想喝茶\t喝红茶吧\n" * 20, encoding="utf-8")
    return folder


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """The exit code of the command, and all that it printed."""
    with pytest.raises(SystemExit) as end:
        main(["embeddings", "train", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(end.value.code or 0), printed.out + printed.err


def train(capsys, corpus: Path, output: Path, *options: object) -> str:
    code, printed = ended(
        capsys,
        *("--corpus", corpus, "--output", output, "--size", 16, "--epochs", 2),
        *options,
    )
    assert code == 0, printed
    return printed


@pytest.mark.parametrize("name", ["v.vec", "v.txt", "v.bin", "v.vec.gz", "v.bin.gz"])
@pytest.mark.parametrize("method", ["word2vec", "fasttext"])
def test_what_is_trained_can_be_read(name, method, corpus, tmp_path, capsys) -> None:
    output = tmp_path / name
    train(capsys, corpus, output, "--method", method)
    vectors = read_vectors(
        output, ["喝茶", "绿茶", "{name}", "，", "喝绿茶吧"], size=16
    )
    assert {"喝茶", "绿茶", "{name}", "，"} <= set(vectors.words)
    assert ("喝绿茶吧" in vectors.words) == (method == "fasttext" and ".bin" in name)
    assert sorted(os.listdir(tmp_path)) == sorted(["corpus", name])


def test_it_prints_size_time_neighbours_and_what_to_configure(
    corpus, tmp_path, capsys
) -> None:
    output = tmp_path / "v.vec"
    printed = train(capsys, corpus, output)
    assert "words of 16 numbers" in printed
    assert "200 sentences" in printed
    assert "nearest" in printed
    assert "绿茶" in printed
    assert f"embeddings_file: {output}, embedding_size: 16" in printed
    assert "Training word2vec: 100%" in printed


def test_with_characters_each_chinese_character_has_a_vector(
    corpus, tmp_path, capsys
) -> None:
    output = tmp_path / "v.vec"
    train(capsys, corpus, output, "--units", "characters")
    vectors = read_vectors(output, ["绿", "茶", "绿茶", "{name}"])
    assert set(vectors.words) == {"绿", "茶", "{name}"}


def test_rare_words_are_spelled_in_characters(corpus, tmp_path, capsys) -> None:
    (corpus / "rare.txt").write_text("蝴蝶\n蜻蜓\n蝴蝶结\n", encoding="utf-8")
    output = tmp_path / "v.vec"
    train(capsys, corpus, output)
    vectors = read_vectors(output, ["蝴蝶", "蝴蝶结", "蝴", "蝶", "蜻"])
    assert set(vectors.words) == {"蝴", "蝶"}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_file_in_any_process(corpus, tmp_path) -> None:
    def run(hash_seed: str) -> bytes:
        output = tmp_path / hash_seed
        options = ["--corpus", corpus, "--output", output, "--size", "16"]
        subprocess.run(
            [COMMAND, "embeddings", "train", *options],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        return output.read_bytes()

    assert run("1") == run("2")


def test_another_seed_gives_other_vectors(corpus, tmp_path, capsys) -> None:
    train(capsys, corpus, tmp_path / "a.vec", "--seed", 5)
    train(capsys, corpus, tmp_path / "b.vec", "--seed", 6)
    first = read_vectors(tmp_path / "a.vec", ["喝茶"]).matrix
    second = read_vectors(tmp_path / "b.vec", ["喝茶"]).matrix
    assert not np.allclose(first, second)


def interrupted(corpus: Path, output: Path, after: str) -> tuple[int, str]:
    """Ends the command by Ctrl-C once it has printed what a pattern says."""
    log = output.with_name("log")
    with log.open("wb") as errors:
        options = ["--corpus", corpus, "--output", output, "--epochs", "100000"]
        process = subprocess.Popen(
            [COMMAND, "embeddings", "train", *options], stdout=errors, stderr=errors
        )
    deadline = time.monotonic() + 60
    while not re.search(after, log.read_text(encoding="utf-8", errors="replace")):
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    code = process.wait(30)
    return code, log.read_text(encoding="utf-8", errors="replace")


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_learned(corpus, tmp_path) -> None:
    output = tmp_path / "v.vec"
    code, printed = interrupted(corpus, output, r"\| \d{4,}/")
    assert code == 130
    assert "Stopped after" in printed
    assert "Traceback" not in printed
    vectors = read_vectors(output, ["喝茶"])
    assert np.isfinite(vectors.matrix).all()


@pytest.mark.slow
def test_ctrl_c_before_there_is_anything_writes_nothing(tmp_path) -> None:
    (tmp_path / "long.txt").write_text(
        "".join(f"今天是第{n}天，天气很好\n" for n in range(300_000)), encoding="utf-8"
    )
    output = tmp_path / "v.vec"
    code, printed = interrupted(tmp_path / "long.txt", output, "Cutting into words")
    assert code == 130
    assert "nothing written" in printed
    assert "Traceback" not in printed
    assert sorted(os.listdir(tmp_path)) == ["log", "long.txt"]


def test_a_file_that_is_there_is_replaced_only_when_asked(
    corpus, tmp_path, capsys
) -> None:
    output = tmp_path / "v.vec"
    output.write_text("precious", encoding="utf-8")
    code, printed = ended(capsys, "--corpus", corpus, "--output", output)
    assert code == 1
    assert "--overwrite" in printed
    assert output.read_text(encoding="utf-8") == "precious"
    train(capsys, corpus, output, "--overwrite")
    assert read_vectors(output, ["喝茶"]).words == ("喝茶",)


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--output", "none/v.vec"], 1, "'none/v.vec' cannot be written"),
        (["--output", "."], 1, "'.' cannot be written"),
        (["--output", "v.vec", "--corpus", "none"], 1, "no corpus at 'none'"),
        (["--output", "v.vec", "--min-count", "99999"], 1, "lower --min-count"),
        (["--output", "v.vec", "--size", "0"], 2, "--size"),
        (["--output", "v.vec", "--method", "glove"], 2, "--method"),
        (["--output", "v.vec", "--units", "syllables"], 2, "--units"),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_nothing(
    options, code, told, corpus, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    ended_with, printed = ended(capsys, "--corpus", corpus, *options)
    assert ended_with == code
    assert told in printed.replace("\n", " ")
    assert os.listdir(tmp_path) == ["corpus"]


def test_an_empty_corpus_is_told(tmp_path, capsys) -> None:
    (tmp_path / "empty.txt").write_text("\n# nothing\n", encoding="utf-8")
    options = ("--corpus", tmp_path / "empty.txt", "--output", tmp_path / "v.vec")
    code, printed = ended(capsys, *options)
    assert code == 1
    assert "(0 sentences)" in printed


def test_sentences_are_read_from_every_kind_of_file(corpus, tmp_path) -> None:
    assert list(read_sentences(corpus / "dialogues.txt"))[:5] == [
        "我喜欢喝茶",
        "我爱喝茶",
        "{name}，喝茶好，绿茶还是红茶？",
        "今天下雨了",
        "带把伞吧。",
    ]
    plain = list(read_sentences(corpus / "plain.txt"))
    assert plain[:2] == ["我爱喝红茶", "绿茶也好喝，今天喝绿茶"]
    assert list(read_sentences(corpus / "pairs.tsv"))[:2] == ["想喝茶", "喝红茶吧"]
    public = [["你 好 呀", "你 好 ！", "吃 了 吗"], ["再 见", "再 见 。"]] * 3
    lccc = tmp_path / "lccc.json"
    lccc.write_text(json.dumps(public, ensure_ascii=False), encoding="utf-8")
    assert {"你好呀", "你好！", "再见"} <= set(read_sentences(lccc))
    packed = tmp_path / "plain.txt.gz"
    packed.write_bytes(gzip.compress((corpus / "plain.txt").read_bytes()))
    assert list(read_sentences(packed)) == plain


def test_a_sentence_read_otherwise_than_written_counts_in_both_forms() -> None:
    codec = UtteranceCodec(create_segmenter())
    assert token_sequences("喝茶，好。", codec) == [("喝茶", "，", "好", "。")]
    assert token_sequences("喝茶！", codec) == [("喝茶", "！"), ("喝茶", "!")]
    both = token_sequences("打开WiFi", codec)
    assert both == [("打开", "WiFi"), ("打开", "wifi")]
    assert token_sequences("", codec) == []
