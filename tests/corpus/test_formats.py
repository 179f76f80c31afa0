import csv
import gzip
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from benchmarks._probe_frames import FRAMES, KINDS, SMALL_TALK
from benchmarks._probe_values import PROBE_VALUES, TRAINING_VALUES, Values
from benchmarks.profile_probe import probe_records, probe_training_records
from benchmarks.public_data import SETS, open_split, split_by_dialogue, spoken
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.formats import (
    FORMATS,
    DialogueRecord,
    Skipped,
    cped,
    find_format,
    json_entries,
    open_records,
    read_cped,
    read_crosswoz,
    read_dailydialog,
    read_kdconv,
    read_lccc,
    read_pairs,
    read_parallel,
    read_personachat,
)
from framework_plugin.corpus.reader import corpus_files, read_corpus
from framework_plugin.errors import CorpusError

LCCC = [["今 天 吃 啥", "吃 面 ， 加 3 1 个 蛋", "好"], ["在 吗", "不 在"]]
KDCONV = [
    {
        "name": "晚潮",
        "messages": [
            {"message": "听过《晚潮》吗？"},
            {
                "message": "听过，是阿沅唱的。",
                "attrs": [
                    {"name": "晚潮（歌曲）", "attrname": "歌手", "attrvalue": "阿沅"},
                    {"name": "晚潮（歌曲）", "attrname": "年份", "attrvalue": "2011"},
                ],
            },
        ],
    }
]
CROSSWOZ = {
    "17": {
        "goal": [],
        "messages": [
            {"role": "usr", "content": "找家面馆", "dialog_act": []},
            {
                "role": "sys",
                "content": "去老街面馆吧。",
                "dialog_act": [
                    ["Inform", "餐馆", "名称", "老街面馆"],
                    ["General", "bye", "none", "none"],
                ],
            },
            {"role": "usr", "content": "电话呢", "dialog_act": []},
        ],
    }
}


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)
    return path


def write_json(path: Path, value: Any) -> Path:
    return write(path, json.dumps(value, ensure_ascii=False, indent=1))


def write_cped(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    """Rows of scene, speaker and utterance; 阿青 is known, others are not."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Emotion", *cped.COLUMNS])
        for scene, speaker, text in rows:
            traits = ["female", "young"] if speaker == "阿青" else ["unknown"] * 2
            writer.writerow(
                ["neutral", "01", scene, speaker, *traits, *["low"] * 5, text]
            )
    return path


def write_personachat(folder: Path, lines: list[tuple[str, str, str]]) -> Path:
    for index, part in enumerate(("src", "tgt", "per")):
        text = "".join(line[index] + "\n" for line in lines)
        write(folder / f"{part}-train.txt", text)
    return folder / "src-train.txt"


def said(record: DialogueRecord) -> list[tuple[str, str]]:
    return [(turn.speaker.value, turn.text) for turn in record.turns]


def test_each_reply_sees_itself_as_the_bot_and_all_turns_before(tmp_path: Path) -> None:
    records = list(read_lccc(write_json(tmp_path / "l.json", LCCC)))

    assert [said(record) for record in records] == [
        [("user", "今天吃啥"), ("bot", "吃面，加31个蛋")],
        [("bot", "今天吃啥"), ("user", "吃面，加31个蛋"), ("bot", "好")],
        [("user", "在吗"), ("bot", "不在")],
    ]
    assert [r.dialogue for r in records] == ["l.json#0", "l.json#0", "l.json#1"]


def test_latin_words_keep_their_blanks_when_characters_are_joined(
    tmp_path: Path,
) -> None:
    path = write_json(tmp_path / "l.json", [["M B A 好 吗", "buy an iphone 吧"]])

    (record,) = read_lccc(path)

    assert (record.message, record.reply) == ("MBA好吗", "buy an iphone吧")


def test_lccc_is_read_from_packed_lines(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(d, ensure_ascii=False) + "\n" for d in LCCC)

    assert [r.reply for r in open_records(path)] == ["吃面，加31个蛋", "好", "不在"]


def test_kdconv_facts_of_a_reply_are_its_profile(tmp_path: Path) -> None:
    (record,) = read_kdconv(write_json(tmp_path / "dev.json", KDCONV))

    assert record.profile == ("entity:晚潮", "歌手:阿沅", "年份:2011")
    assert record.reply == "听过，是阿沅唱的。"


def test_crosswoz_teaches_the_desk_only_and_what_it_told(tmp_path: Path) -> None:
    path = tmp_path / "val.json.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("val.json", json.dumps(CROSSWOZ, ensure_ascii=False))

    (record,) = read_crosswoz(path)

    assert said(record) == [("user", "找家面馆"), ("bot", "去老街面馆吧。")]
    assert record.profile == ("餐馆·名称:老街面馆",)
    assert record.dialogue == "val.json.zip#17"


def test_cped_joins_what_one_speaker_says_and_remembers_earlier_scenes(
    tmp_path: Path,
) -> None:
    rows = [
        ("1", "阿青", "你来了"),
        ("1", "老周", "来了"),
        ("1", "老周", "路上堵。"),
        ("1", "小唐", "我也刚到"),
        ("1", "阿青", "坐吧"),
        ("2", "老周", "再见"),
        ("2", "阿青", "慢走"),
    ]
    records = list(read_cped(write_cped(tmp_path / "c.csv", rows)))

    last_of_first_scene, of_second_scene = records[2], records[3]
    assert said(last_of_first_scene) == [
        ("bot", "你来了"),
        ("user", "来了，路上堵。我也刚到"),
        ("bot", "坐吧"),
    ]
    assert last_of_first_scene.history == ()
    assert of_second_scene.history == ("你来了", "坐吧")
    assert {"gender:female", "age:young"} < set(of_second_scene.profile)
    assert not any("unknown" in fact for r in records for fact in r.profile)


def test_personachat_lines_of_one_profile_are_one_dialogue(tmp_path: Path) -> None:
    path = write_personachat(
        tmp_path,
        [
            ("hi there", "hello , i sail", "i sail</s>i have a cat"),
            ("any pets ?", "a cat", "i sail</s>i have a cat"),
            ("good morning", "morning", "i bake bread"),
        ],
    )
    records = list(read_personachat(path))

    assert [len(record.turns) for record in records] == [2, 4, 2]
    assert records[1].profile == ("i sail", "i have a cat")
    assert len({record.dialogue for record in records}) == 2


def test_personachat_files_that_do_not_belong_together_are_named(
    tmp_path: Path,
) -> None:
    path = write_personachat(tmp_path, [("hi", "hello", "i sail")] * 2)
    write(tmp_path / "tgt-train.txt", "hello\n")

    with pytest.raises(CorpusError, match=r"'tgt-train\.txt' ends before line 2"):
        list(read_personachat(path))
    (tmp_path / "per-train.txt").unlink()
    with pytest.raises(CorpusError, match=r"missing: per-train\.txt"):
        list(read_personachat(path))


def test_dailydialog_utterances_alternate(tmp_path: Path) -> None:
    path = write(tmp_path / "d.txt", "Tea ? __eou__ Yes . __eou__ Sugar ? __eou__\n")

    assert [said(r)[-1] for r in read_dailydialog(path)] == [
        ("bot", "Yes ."),
        ("bot", "Sugar ?"),
    ]


def test_translations_keep_their_words_apart_and_pairs_do_not(tmp_path: Path) -> None:
    path = write(tmp_path / "p.txt", "我 喜欢 茶 。\tI like tea.\n")

    assert next(read_parallel(path)).message == "我 喜欢 茶 。"
    assert next(read_pairs(path)).message == "我喜欢茶。"


def test_every_format_is_known_by_its_contents(tmp_path: Path) -> None:
    files = {
        "LCCC": write_json(tmp_path / "a.json", LCCC),
        "KdConv": write_json(tmp_path / "b.json", KDCONV),
        "CrossWOZ": write_json(tmp_path / "c.json", CROSSWOZ),
        "CPED": write_cped(tmp_path / "d.csv", [("1", "阿青", "嗯")]),
        "PersonaChat": write_personachat(tmp_path, [("hi", "hello", "i sail")]),
        "DailyDialog": write(tmp_path / "f.txt", "Hi . __eou__ Hi ! __eou__\n"),
        "translations": write(tmp_path / "g.txt", "茶\ttea\n水\twater\n"),
        "pairs": write(tmp_path / "h.txt", "在吗\t在\n谁\t我\n"),
    }
    assert set(files) == {known.name for known in FORMATS}
    for name, path in files.items():
        found = find_format(path)
        assert found is not None
        assert found.name == name


def test_an_unknown_file_is_refused_with_the_known_formats(tmp_path: Path) -> None:
    path = write_json(tmp_path / "kb.json", {"湖": [["湖", "深度", "3米"]]})

    with pytest.raises(CorpusError) as raised:
        open_records(path)
    assert all(known.name in str(raised.value) for known in FORMATS)


def test_a_database_of_lists_is_no_dialogue(tmp_path: Path) -> None:
    path = write_json(tmp_path / "db.json", [["湖景楼", {"名称": "湖景楼"}]])

    assert find_format(path) is None


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


def test_training_reads_a_public_corpus_each_reply_once(tmp_path: Path) -> None:
    dialogue = [["一 {", "二", "三", "四", "五"]]
    path = write_json(tmp_path / "l.json", dialogue)

    corpus = read_corpus(path)

    replies = corpus.utterances(Speaker.BOT)
    assert sorted(replies) == sorted(["二", "三", "四", "五"])
    assert corpus.exchanges == 4
    assert corpus.scripts[0].turns[0].alternatives == ("一（",)
    assert corpus.scripts[0].topic == "l"


def test_training_reads_public_and_written_dialogues_of_one_folder(
    tmp_path: Path,
) -> None:
    write(tmp_path / "own.txt", "U: 甲\nB: 乙\n")
    write(tmp_path / "more.tsv", "丙\t丁\n")
    write_json(tmp_path / "lccc.json", [["戊", "己"], ["庚"]])
    write_personachat(tmp_path, [("hi", "hello", "i sail")])

    corpus = read_corpus(tmp_path)

    assert sorted(corpus.utterances(Speaker.BOT)) == ["hello", "丁", "乙", "己"]
    assert [line.path.name for line in corpus.broken] == ["lccc.json"]
    assert len(corpus_files(tmp_path)) == 6


def test_a_dialogue_is_never_on_both_sides_of_a_split_and_stays_where_it_is(
    tmp_path: Path,
) -> None:
    dialogues = [[f"开{n}", f"应{n}", f"再{n}"] for n in range(400)]
    records = list(read_lccc(write_json(tmp_path / "l.json", dialogues)))
    fewer = list(read_lccc(write_json(tmp_path / "l.json", dialogues[::-2])))

    train, dev = split_by_dialogue(records, 0.2)
    _, dev_of_fewer = split_by_dialogue(fewer, 0.2)

    assert not {r.dialogue for r in train} & {r.dialogue for r in dev}
    assert 0.1 < len(dev) / len(records) < 0.3
    assert {r.reply for r in dev_of_fewer} <= {r.reply for r in dev}


def test_what_is_in_both_sides_is_taken_out_of_an_own_development_split(
    tmp_path: Path,
) -> None:
    # Ninety openings, but every dialogue ends with the same exchange.
    dialogues = [[f"开{n}", "晚安", "晚安！"] for n in range(90)]
    write_json(tmp_path / "lccc_base_valid.json", dialogues)

    split = open_split("lccc", tmp_path)

    learned = {(spoken(r.message), spoken(r.reply)) for r in split.train}
    assert split.leaked
    assert all((spoken(r.message), spoken(r.reply)) not in learned for r in split.dev)


def _all_values(values: Values) -> set[str]:
    return {
        "".join(parts)
        for sources in values.sources.values()
        for source in sources
        for parts in product(*source.parts)
    }


def test_no_value_of_the_probe_can_be_met_in_training() -> None:
    learned = {
        value[begin:end]
        for value in _all_values(TRAINING_VALUES)
        for begin in range(len(value))
        for end in range(begin + 1, len(value) + 1)
    }

    assert _all_values(PROBE_VALUES) & learned == set()


def test_a_probe_is_answered_by_its_profile_and_by_nothing_else() -> None:
    assert len(FRAMES) > 40
    texts = [text for talk in SMALL_TALK for text in talk]
    texts += [text for frame in FRAMES for text in frame.questions]
    values = _all_values(TRAINING_VALUES) | _all_values(PROBE_VALUES)
    assert [v for v in values if any(v in text for text in texts)] == []
    for probe in [*probe_records(7), *probe_training_records(7, 500)]:
        assert probe.kind in KINDS
        assert f"{probe.kind}:{probe.expected}" in probe.record.profile
        assert probe.record.reply.count(probe.expected) == 1
        assert not any(other in probe.record.reply for other in probe.others)


def test_probes_follow_from_their_seed_and_use_every_frame() -> None:
    probes = probe_records(7)

    assert probes == probe_records(7)
    assert probes != probe_records(8)
    asked = {probe.record.message for probe in probes}
    assert all(asked & set(frame.questions) for frame in FRAMES)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SETS))
def test_the_published_data_are_read_in_whole(name: str) -> None:
    folder = os.environ.get("PERSONAL_CHAT_DATA")
    if not folder:
        pytest.skip("PERSONAL_CHAT_DATA does not name the public data")

    split = open_split(name, Path(folder))

    assert split.skipped < 0.01 * len(split.train)
    for record in [*split.train[:2000], *split.dev]:
        assert record.turns[-1].speaker is Speaker.BOT
        assert all(a.speaker is not b.speaker for a, b in pairwise(record.turns))
        assert len(record.turns) > 1
