from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework_plugin.retrieval.numbering import with_ids
from framework_plugin.retrieval.passages import Passage


def passage(text: str, section: str = "", *questions: str) -> Passage:
    return Passage("", "a.md", "题", section, text, questions)


def ids(passages: list[Passage]) -> dict[str, str]:
    return {found.text: found.id for found in passages}


def test_a_passage_keeps_its_number_when_text_comes_before_it() -> None:
    old, last = with_ids([(None, passage("一")), (None, passage("二"))], [], 0)
    assert [found.id for found in old] == ["a.md#1", "a.md#2"]
    new = [(None, passage(text)) for text in ("前", "一", "间", "二")]
    found, last = with_ids(new, old, last)
    assert ids(found) == {
        "前": "a.md#3",
        "一": "a.md#1",
        "间": "a.md#4",
        "二": "a.md#2",
    }
    assert last == 4


def test_a_changed_passage_keeps_its_number_by_its_section_and_question() -> None:
    old, last = with_ids(
        [
            (None, passage("旧", "退货")),
            (None, passage("旧", "换货")),
            (None, passage("旧", "", "运费？")),
        ],
        [],
        0,
    )
    new = [
        (None, passage("新一", "", "运费？")),
        (None, passage("新二", "换货")),
        (None, passage("新三", "", "几天？")),
    ]
    found, _ = with_ids(new, old, last)
    assert ids(found) == {"新一": "a.md#3", "新二": "a.md#2", "新三": "a.md#4"}


def test_a_number_that_is_gone_is_not_given_again() -> None:
    old, last = with_ids(
        [(None, passage("一", "甲")), (None, passage("二", "乙"))], [], 0
    )
    left, last = with_ids([(None, passage("一", "甲"))], old, last)
    found, last = with_ids(
        [(None, passage("一", "甲")), (None, passage("三", "丙"))], left, last
    )
    assert ids(found)["三"] == "a.md#3"


def test_an_own_id_is_kept_and_never_taken_for_a_number() -> None:
    old, last = with_ids([(None, passage("甲")), ("2", passage("乙"))], [], 0)
    assert ids(old) == {"甲": "a.md#1", "乙": "a.md#2"}
    new = [("1", passage("丙")), (None, passage("甲")), ("2", passage("乙"))]
    found, _ = with_ids(new, old, last)
    assert ids(found) == {"丙": "a.md#1", "甲": "a.md#3", "乙": "a.md#2"}


def test_a_number_is_not_given_to_two_when_rows_lose_their_own_ids() -> None:
    old, last = with_ids([("1", passage("甲"))], [], 0)
    found, _ = with_ids([(None, passage("甲")), (None, passage("甲"))], old, last)
    assert [one.id for one in found] == ["a.md#1", "a.md#2"]


_TEXTS = st.lists(
    st.tuples(
        st.sampled_from([None, None, None, "1", "2", "x"]),
        st.sampled_from("甲乙丙丁"),
        st.sampled_from(["", "退货"]),
    ),
    max_size=8,
    unique_by=lambda item: item[0] or object(),
)


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_TEXTS, min_size=1, max_size=4))
def test_ids_are_unique_and_unchanged_passages_keep_theirs(versions) -> None:
    old: list[Passage] = []
    last = 0
    for version in versions:
        new = [(key, passage(text, section)) for key, text, section in version]
        found, last = with_ids(new, old, last)
        assert [replace(one, id="") for one in found] == [one for _, one in new]
        assert len({one.id for one in found}) == len(found)
        if not any(key for key, _ in new) and len(old) == len(found):
            same = [replace(one, id="") for one in old] == [one for _, one in new]
            assert not same or old == found
        old = found
