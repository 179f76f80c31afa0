from pathlib import Path

import pytest

from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.reader import read_corpus
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import CorpusError

DIALOGUES = """# 下雨天
U: 今天又下雨了 | 外面下雨了
B: 听雨喝茶正好。
U: 是啊
B: 那就好。

@ name -city
U: 周末无聊
B: {name}，出去走走？
"""


def write(folder: Path, text: str, name: str = "rain.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_dialogues_keep_their_turns_alternatives_and_facts(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, DIALOGUES))

    assert [script.exchanges for script in corpus.scripts] == [2, 1]
    assert corpus.scripts[0].turns[0].alternatives == ("今天又下雨了", "外面下雨了")
    assert corpus.scripts[0].topic == "rain"
    assert corpus.scripts[1].known == {FactKind.NAME}
    assert corpus.scripts[1].unknown == {FactKind.CITY}
    assert corpus.broken == ()


def test_a_folder_is_read_file_by_file_in_order(tmp_path: Path) -> None:
    write(tmp_path, "U: 二\nB: 2\n", "b.txt")
    write(tmp_path, "一\t1\n", "a.tsv")

    assert read_corpus(tmp_path).utterances(Speaker.BOT) == ("1", "2")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("什么都没写", "expected 'U:', 'B:' or '@'"),
        ("U: 又是我", "two turns of the user in a row"),
        ("B: ", "the utterance is empty"),
        ("B: " + "长" * 201, "longer than 200"),
        ("B: 你好，{name}", "which the user has not told"),
        ("B: 你好，{shoe}", "unknown placeholder"),
    ],
)
def test_a_broken_line_is_named_and_costs_only_the_rest_of_its_dialogue(
    tmp_path: Path, line: str, reason: str
) -> None:
    text = f"U: 甲\nB: 乙\nU: 丙\n{line}\nB: 丁\n\nU: 戊\nB: 己\n"
    corpus = read_corpus(write(tmp_path, text))

    assert corpus.utterances(Speaker.BOT) == ("乙", "己")
    assert len(corpus.broken) == 1
    assert corpus.broken[0].number == 4
    assert reason in corpus.broken[0].reason
    assert "rain.txt:4" in str(corpus.broken[0])


def test_pairs_with_a_wrong_number_of_fields_are_named(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, "你好\t好\n没有答\n a\tb\tc\n", "p.tsv"))

    assert corpus.exchanges == 1
    assert [b.number for b in corpus.broken] == [2, 3]


def test_gb18030_is_read_like_utf8(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("U: 你好吗\nB: 我很好。\n".encode("gb18030"))

    assert read_corpus(path).utterances(Speaker.BOT) == ("我很好。",)


def test_bytes_of_no_encoding_cost_their_line_only(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(b"U: \xff\xfe\nB: x\n\n" + "U: 好\nB: 嗯\n".encode())

    corpus = read_corpus(path)
    assert corpus.utterances(Speaker.BOT) == ("嗯",)
    assert corpus.broken[0].number == 1


@pytest.mark.parametrize("text", ["", "# 只有注释\n", "没有对话\n"])
def test_a_corpus_without_dialogues_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match="No dialogue could be read"):
        read_corpus(write(tmp_path, text))


def test_a_missing_corpus_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        read_corpus(tmp_path / "nowhere")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds no"):
        read_corpus(tmp_path)


def test_spaces_of_segmented_corpora_and_invisible_signs_are_closed(
    tmp_path: Path,
) -> None:
    corpus = read_corpus(write(tmp_path, "U: 今 天\u200b 好\nB: Tom 很 好\n"))

    assert corpus.utterances(Speaker.USER) == ("今天好",)
    assert corpus.utterances(Speaker.BOT) == ("Tom 很好",)
