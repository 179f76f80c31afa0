from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import load_faq
from framework_plugin.retrieval.readers import read_document
from tests.retrieval.making import write

BUNDLED = Path(__file__).parents[2] / "nlu_data" / "faq"


def test_the_bundled_faq_reads_the_same_as_for_its_index() -> None:
    read = {
        piece.key: (piece.questions, piece.text, piece.keywords, reading.title)
        for reading in map(read_document, sorted(BUNDLED.glob("*.yml")))
        for piece in reading.pieces
    }
    assert read == {
        entry.id: (entry.questions, entry.text, entry.keywords, entry.title)
        for entry in load_faq(BUNDLED).entries
    }


def test_broken_entries_of_a_faq_are_named(tmp_path: Path) -> None:
    text = "title: 退货\nfaq:\n- {id: a, question: 问, answer: 答}\n- {id: b}\n"
    reading = read_document(write(tmp_path / "faq.yml", text))
    assert reading.title == "退货"
    assert [piece.key for piece in reading.pieces] == ["a"]
    assert "faq.yml, entry 2 (line 4)" in reading.problems[0]


RESPONSES = """\
version: "3.1"
responses:
  utter_faq/shipping:
  - text: 当天发出。
    channel: slack
  - text: 16:00前的订单当天发出。
  - text: 另一种说法。
  utter_hello:
  - text: "你好，{name}。"
  - text: 你好。
  utter_only_slot:
  - text: "你住在{city}。"
  utter_custom:
  - custom: {type: card}
  utter_broken: text
nlu:
- intent: faq/shipping
  examples: |
    - 什么时候发货
    - [今天](day)能发吗
    - 到[成都]{"entity": "city"}几天
"""


def test_responses_that_can_be_shown_as_they_stand_are_read(tmp_path: Path) -> None:
    reading = read_document(write(tmp_path / "domain.yml", RESPONSES))
    assert reading.kind == "responses"
    assert [(piece.key, piece.text) for piece in reading.pieces] == [
        ("utter_faq/shipping", "16:00前的订单当天发出。"),
        ("utter_hello", "你好。"),
    ]
    assert reading.pieces[0].questions == ("什么时候发货", "今天能发吗", "到成都几天")
    left_out = [problem.split(":")[0] for problem in reading.problems]
    assert left_out == [
        "domain.yml, utter_only_slot (line 11)",
        "domain.yml, utter_custom (line 13)",
        "domain.yml, utter_broken (line 15)",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("intents: [greet]\n", "neither `faq` nor `responses`"),
        ("a: [1,\n", "not valid YAML"),
        ("- a\n- b\n", "neither"),
        ("", "neither"),
        ("responses: [a]\n", "must hold responses"),
        ("faq: 3\n", "expected a list of entries"),
    ],
)
def test_other_yaml_is_refused_with_the_reason(text, reason, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_document(write(tmp_path / "a.yml", text))
