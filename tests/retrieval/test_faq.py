from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import load_faq

GOOD = """\
title: 发货配送
faq:
  - id: shipping_time
    question: 下单后多久发货？
    similar: [什么时候发货, 几天能发出来]
    answer: 当天发出。
    keywords: [发货]
  - id: carrier
    question: 用什么快递？
    answer: 中通。
"""


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def test_a_file_becomes_entries_with_their_source(tmp_path: Path) -> None:
    faq = load_faq(write(tmp_path, "shipping.yml", GOOD))

    assert [entry.id for entry in faq.entries] == ["shipping_time", "carrier"]
    first, second = faq.entries
    assert first.questions[1:] == ("什么时候发货", "几天能发出来")
    assert first.keywords == ("发货",)
    assert first.title == "发货配送"
    assert second.questions[1:] == ()
    assert faq.problems == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_common_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    faq = load_faq(write(tmp_path, "shipping.yml", GOOD, encoding))

    assert faq.entries[0].questions[0] == "下单后多久发货？"


def test_a_file_without_title_is_cited_by_its_stem(tmp_path: Path) -> None:
    text = "faq:\n- {id: a, question: 问, answer: 答}\n"

    assert load_faq(write(tmp_path, "运费.yml", text)).entries[0].title == "运费"


def test_a_folder_is_read_with_its_subfolders_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    write(tmp_path, "a.yml", "faq:\n- {id: a, question: 问, answer: 答}\n")
    write(tmp_path / "b", "c.yaml", "faq:\n- {id: c, question: 问, answer: 答}\n")
    write(tmp_path, "notes.txt", "not read")

    assert [entry.id for entry in load_faq(tmp_path).entries] == ["a", "c"]


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("{question: 问, answer: 答}", "`id`"),
        ("{id: x, question: 问}", "`answer`"),
        ("{id: x, question: '  ', answer: 答}", "`question`"),
        ("{id: x, question: 问, answer: 12}", "12"),
        ("{id: x, question: 问, answer: 答, similar: 一句话}", "`similar`"),
        ("{id: x, question: 问, answer: 答, keywords: [1]}", "`keywords`"),
        ("{id: x, question: 问, answer: 答, simliar: [问]}", "`simliar`"),
        ("只有一句话", "只有一句话"),
    ],
)
def test_a_broken_entry_is_named_and_left_out(
    tmp_path: Path, entry: str, named: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"faq:\n- {{id: good, question: 问, answer: 答}}\n- {entry}\n"
    faq = load_faq(write(tmp_path, "mixed.yml", text))

    assert [e.id for e in faq.entries] == ["good"]
    assert len(faq.problems) == 1
    assert "mixed.yml, entry 2 (line 3)" in faq.problems[0]
    assert named in faq.problems[0]
    assert faq.problems[0] in caplog.text


def test_an_id_is_taken_only_once(tmp_path: Path) -> None:
    write(tmp_path, "a.yml", "faq:\n- {id: x, question: 一, answer: 答}\n")
    write(tmp_path, "b.yml", "faq:\n- {id: x, question: 二, answer: 答}\n")
    faq = load_faq(tmp_path)

    assert [entry.questions[0] for entry in faq.entries] == ["一"]
    assert "b.yml, entry 1" in faq.problems[0]
    assert "a.yml, entry 1" in faq.problems[0]


@pytest.mark.parametrize(
    "text",
    ["faq: [", "", "- 一\n- 二\n", "rules: []\n", "faq: 什么\n", "a: 1\n---\nb: 2\n"],
)
def test_a_broken_file_is_named_and_the_others_are_used(
    tmp_path: Path, text: str
) -> None:
    write(tmp_path, "broken.yml", text)
    write(tmp_path, "good.yml", GOOD)
    faq = load_faq(tmp_path)

    assert len(faq.entries) == 2
    assert len(faq.problems) == 1
    assert "broken.yml" in faq.problems[0]


def test_bytes_of_no_known_encoding_are_a_problem_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xff\x80\x00")
    write(tmp_path, "good.yml", GOOD)

    assert "bytes.yml" in load_faq(tmp_path).problems[0]


def test_a_tag_that_would_run_code_is_only_a_broken_entry(tmp_path: Path) -> None:
    harmful = "- !!python/object/apply:os.system ['touch harmed']\n"
    faq = load_faq(write(tmp_path, "a.yml", GOOD + "  " + harmful))

    assert len(faq.entries) == 2
    assert "entry 3" in faq.problems[0]


def test_a_missing_path_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="Expected a YAML file or a folder"):
        load_faq(tmp_path / "nowhere")


def test_a_folder_without_entries_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no usable question"):
        load_faq(tmp_path)


def test_a_folder_of_broken_entries_says_the_first_reason(tmp_path: Path) -> None:
    write(tmp_path, "a.yml", "faq:\n- {id: x, question: 问}\n")
    with pytest.raises(DocumentError, match=r"a\.yml, entry 1"):
        load_faq(tmp_path)
