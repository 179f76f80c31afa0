from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import Passage, load_faq
from framework_plugin.retrieval.answered import add_entry
from framework_plugin.retrieval.gaps import Question, gaps_in

HERE = Path(__file__).parent


def questions(*texts: str) -> list[Question]:
    return [Question(n, text, float(n)) for n, text in enumerate(texts, start=1)]


def test_questions_that_ask_the_same_are_one_gap() -> None:
    found = gaps_in(
        questions("你们卖手风琴吗", "杯子能刻字吗", "有没有手风琴卖", "你们卖手风琴吗")
    )

    first, second = found
    assert [one.id for one in first.questions] == [1, 3, 4]
    assert (first.id, first.example, first.latest_at) == (1, "你们卖手风琴吗", 4.0)
    assert first.wordings == ("你们卖手风琴吗", "有没有手风琴卖")
    assert second.example == "杯子能刻字吗"


def test_a_gap_keeps_its_id_when_others_come() -> None:
    before = gaps_in(questions("你们卖手风琴吗", "杯子能刻字吗"))
    after = gaps_in(
        questions("你们卖手风琴吗", "杯子能刻字吗", "刻字要钱吗", "杯子能刻字么")
    )

    assert {gap.id for gap in before} <= {gap.id for gap in after}


def test_questions_without_a_term_stay_apart() -> None:
    assert len(gaps_in(questions("？？", "怎么", "……"))) == 3
    assert gaps_in([]) == []


def test_groups_written_by_hand_are_found_again() -> None:
    lines = (HERE / "same_questions.txt").read_text(encoding="utf-8").splitlines()
    groups = [line.split("|") for line in lines if not line.startswith("#")]
    asked = [
        Question(10 * n + place, text, 0.0)
        for n, group in enumerate(groups)
        for place, text in enumerate(group)
    ]
    found = {q.id: n for n, gap in enumerate(gaps_in(asked)) for q in gap.questions}
    pairs = list(combinations(found, 2))
    alike = [pair for pair in pairs if pair[0] // 10 == pair[1] // 10]
    joined = [pair for pair in pairs if found[pair[0]] == found[pair[1]]]
    right = set(alike) & set(joined)

    assert len(right) / len(joined) >= 0.95
    assert len(right) / len(alike) >= 0.75


def entry(id_: str, *wordings: str, text: str = "不卖。") -> Passage:
    return Passage(id_, "", "", "", text, questions=wordings or ("卖琴吗",))


def test_an_answer_can_be_read_as_it_was_given(tmp_path: Path) -> None:
    file = tmp_path / "new" / "answered.yml"
    hostile = '"引号"：{name} 0[ #井号\n- 第二行\n\n<b>&amp;</b>'
    add_entry(file, entry("gap_1", "卖琴吗", "有琴吗", text=hostile))
    add_entry(file, entry("gap_2", "yes", text="no"))

    first, second = load_faq(file).entries
    assert first.questions == ("卖琴吗", "有琴吗")
    assert first.text == hostile
    assert (second.questions, second.text) == (("yes",), "no")


@pytest.mark.parametrize("indent", ["", "    "])
def test_what_stands_in_the_file_stays(tmp_path: Path, indent: str) -> None:
    file = tmp_path / "faq.yml"
    before = (
        f"# 老林写的\ntitle: 我们的\nfaq:\n{indent}- id: a\n{indent}  question: 问"
        f"\n{indent}  answer: 答 # 别改\n"
    )
    file.write_text(before, encoding="utf-8")
    add_entry(file, entry("gap_1"))

    assert file.read_text(encoding="utf-8").startswith(before)
    assert [one.id for one in load_faq(file).entries] == ["a", "gap_1"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("title: x\nfaq: []\n", "cannot be appended"),
        (
            "faq:\n- {id: a, question: q, answer: x}\ntitle: x\n",
            "not valid YAML|cannot be appended",
        ),
        ("faq:\n- id: gap_1\n  question: q\n  answer: x\n", "already taken"),
        ("faq:\n- id: a\n  question: q\n", "Mend it first"),
    ],
)
def test_a_file_that_cannot_be_extended_stays_as_it_was(
    tmp_path: Path, content: str, says: str
) -> None:
    file = tmp_path / "faq.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DocumentError, match=says):
        add_entry(file, entry("gap_1"))

    assert file.read_text(encoding="utf-8") == content
    assert list(tmp_path.iterdir()) == [file]


def test_an_empty_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="answer is empty"):
        add_entry(tmp_path / "faq.yml", entry("gap_1", text=" "))
