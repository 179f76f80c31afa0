"""What is broken is named and costs only itself; files of any size are read."""

import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framework_plugin.corpus.formats import (
    Skipped,
    json_entries,
    open_records,
    read_cped,
    read_crosswoz,
    read_kdconv,
    read_lccc,
    read_pairs,
)
from framework_plugin.errors import CorpusError
from tests.corpus.public_files import (
    KDCONV,
    LCCC,
    write,
    write_json,
    write_personachat,
)


@pytest.mark.parametrize(
    ("read", "wrong", "expected"),
    [
        (read_lccc, {"a": 1}, "begins with '{'. Expected a JSON list of dialogues"),
        (read_lccc, KDCONV, "1 entries were skipped.*Expected a JSON list of dial"),
        (read_kdconv, LCCC, "2 entries were skipped.*objects with `messages`"),
        (read_crosswoz, [1], "begins with '\\['. Expected a JSON object"),
        (read_crosswoz, {"1": {"messages": "x"}}, "each with a `content` and a `role`"),
        (read_kdconv, [], "0 entries were skipped"),
    ],
)
def test_a_wrong_shape_is_told_with_the_expected_one(
    tmp_path: Path, read: Callable[[Path], Any], wrong: object, expected: str
) -> None:
    with pytest.raises(CorpusError, match=f"(?s){expected}"):
        list(read(write_json(tmp_path / "x.json", wrong)))


def test_a_csv_without_its_columns_names_them(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "Dialogue_ID,Speaker,Utterance\n1,甲,嗯\n")

    with pytest.raises(CorpusError, match="lacks the columns TV_ID, Gender"):
        list(read_cped(path))


def test_a_broken_entry_costs_only_itself_and_is_named_by_its_line(
    tmp_path: Path,
) -> None:
    text = '[\n["甲", "乙"],\n["丙" "丁"],\n["戊"],\n["己", "庚\\"]"]\n]'
    skipped = Skipped()

    records = list(read_lccc(write(tmp_path / "l.json", text), skipped))

    assert [record.reply for record in records] == ["乙", '庚"]']
    assert [line.number for line in skipped.first] == [3, 4]
    assert "not JSON" in skipped.first[0].reason


def test_a_file_that_was_cut_off_gives_what_came_before(tmp_path: Path) -> None:
    skipped = Skipped()
    path = write(tmp_path / "l.json", '[["甲", "乙"],\n["丙", "丁"],\n["戊", "己')

    assert len(list(read_lccc(path, skipped))) == 2
    assert [(b.number, b.reason) for b in skipped.first] == [
        (2, "the file ends before its outermost bracket is closed")
    ]


def test_an_unusable_utterance_parts_its_dialogue(tmp_path: Path) -> None:
    skipped = Skipped()
    long = "长" * 201
    path = write_json(tmp_path / "l.json", [["一", "二", long, "四", "五"]])

    records = list(read_lccc(path, skipped))

    assert [[t.text for t in r.turns] for r in records] == [["一", "二"], ["四", "五"]]
    assert "longer than 200" in skipped.first[0].reason


@pytest.mark.parametrize("chunk", [1, 2, 7, 64])
def test_json_is_cut_alike_wherever_a_chunk_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(json_entries, "_CHUNK", chunk)
    tricky = {'a"]': ['\\", {', "]}"], "b": {"c": [[], {}]}, "乙": None}
    path = write_json(tmp_path / "x.json", tricky)

    skipped = Skipped()
    entries = json_entries.json_entries(path, "object", skipped, "")

    assert {entry.key: entry.value for entry in entries} == tricky
    assert skipped.count == 0


def test_an_entry_without_end_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_entries, "_CHUNK", 64)
    monkeypatch.setattr(json_entries, "MAX_ENTRY", 1000)
    skipped = Skipped()
    text = '[["甲", "乙"],\n["丙", ["丁"],\n' + '["戊", "己"],\n' * 1000 + "]"

    records = list(read_lccc(write(tmp_path / "l.json", text), skipped))

    assert [record.reply for record in records] == ["乙"]
    assert "a bracket is missing" in skipped.first[0].reason


def test_records_come_before_the_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = write_json(tmp_path / "l.json", [["一", "二"]] * 10_000)
    truncated = path.read_bytes()[:-1000]
    path.write_bytes(truncated)
    skipped = Skipped()
    records = read_lccc(path, skipped)

    next(records)

    assert skipped.count == 0
    assert sum(1 for _ in records) > 9_000
    assert skipped.count == 1


def test_a_corpus_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    padding = ",\n" + " " * 8_000
    path = write(
        tmp_path / "l.json", "[" + padding.join(['["长", "短"]'] * 1_000) + "]"
    )
    assert path.stat().st_size > 8_000_000

    tracemalloc.start()
    try:
        count = sum(1 for _ in open_records(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 1_000
    assert peak < 3_000_000


def test_only_the_first_broken_entries_are_kept_but_all_are_counted(
    tmp_path: Path,
) -> None:
    skipped = Skipped(keep=2)
    path = write(tmp_path / "p.txt", "一\t二\n" + "没有答\n" * 5)

    assert len(list(read_pairs(path, skipped))) == 1
    assert (skipped.count, len(skipped.first)) == (5, 2)


def test_without_a_list_for_them_skipped_entries_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    list(read_pairs(write(tmp_path / "p.txt", "一\t二\n没有答\n")))

    assert "1 entries were skipped" in caplog.text
    assert "p.txt:2: expected two fields" in caplog.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_both_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "p.txt", "你好吗\t我很好\n" * 4_000, encoding)

    assert {record.reply for record in open_records(path)} == {"我很好"}


def test_lost_characters_are_named(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_bytes("好\t好\n".encode() + b"\xff\xff\t\xff\n")
    skipped = Skipped()

    assert len(list(read_pairs(path, skipped))) == 1
    assert "lost in an earlier conversion" in skipped.first[0].reason


@pytest.mark.parametrize("name", ["gone.json", "cut.zip", "cut.jsonl.gz"])
def test_a_file_that_cannot_be_opened_is_a_corpus_error(
    tmp_path: Path, name: str
) -> None:
    if name.startswith("cut"):
        (tmp_path / name).write_bytes(b"\x1f\x8b\x08\x00")

    with pytest.raises(CorpusError, match="cannot be read"):
        list(open_records(tmp_path / name))


def test_a_zip_of_several_files_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", "[]")
        archive.writestr("b.json", "[]")

    with pytest.raises(CorpusError, match=r"holds a\.json, b\.json"):
        open_records(path)


def test_of_a_folder_all_known_files_are_read_once(tmp_path: Path) -> None:
    write_personachat(tmp_path / "a", [("hi", "hello", "i sail")])
    write_json(tmp_path / "b" / "dev.json", KDCONV)
    write_json(tmp_path / "b" / "kb.json", {"湖": []})

    replies = [record.reply for record in open_records(tmp_path)]

    assert replies == ["hello", "听过，是阿沅唱的。"]
