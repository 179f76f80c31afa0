"""What each public form is read into."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.formats import (
    FORMATS,
    find_format,
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
from tests.corpus.public_files import (
    CROSSWOZ,
    KDCONV,
    LCCC,
    said,
    write,
    write_cped,
    write_json,
    write_personachat,
)


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
