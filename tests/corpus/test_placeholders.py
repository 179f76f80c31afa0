import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.corpus.codec import RESERVED, fact_text
from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.placeholders import (
    delexicalise,
    fill_in,
    personal_words,
    placeholders_in,
)
from framework_plugin.corpus.user_context import Fact, FactKind, UserContext

USER = UserContext(
    "u",
    (
        Fact(FactKind.NAME, "欧阳翀"),
        Fact(FactKind.LIKE, "攀岩"),
        Fact(FactKind.LIKE, "咖啡"),
    ),
)


def said(*texts: str) -> Dialogue:
    return Dialogue(tuple(Turn(Speaker.USER, text) for text in texts))


def test_the_like_mentioned_last_is_meant() -> None:
    words = personal_words(said("想去攀岩"), USER)
    assert words == {FactKind.NAME: "欧阳翀", FactKind.LIKE: "攀岩"}


def test_without_mention_the_like_told_last_is_meant() -> None:
    assert personal_words(said("无聊"), USER)[FactKind.LIKE] == "咖啡"


def test_own_words_are_replaced_in_any_case() -> None:
    words = {FactKind.NAME: "Tom"}
    assert delexicalise("tom 和 TOM", words) == "{name} 和 {name}"


def test_values_of_one_character_are_left_alone() -> None:
    assert delexicalise("茶几上的茶", {FactKind.LIKE: "茶"}) == "茶几上的茶"


def test_braces_typed_by_a_user_are_no_placeholders() -> None:
    assert "{name}" not in delexicalise("我是{name}", {})


def test_filling_in_a_fact_that_is_not_known_is_refused() -> None:
    with pytest.raises(KeyError):
        fill_in("你好，{name}", {})


@given(st.text(alphabet=st.characters(exclude_characters="{}"), min_size=2))
def test_any_name_comes_back_letter_for_letter(name: str) -> None:
    words = {FactKind.NAME: name}
    assert fill_in("{name}，你好", words) == f"{name}，你好"


def test_who_wants_to_be_called_otherwise_is():
    user = UserContext(
        "u", (Fact(FactKind.NAME, "欧阳翀"), Fact(FactKind.NICKNAME, "阿翀"))
    )
    assert personal_words(said("早"), user)[FactKind.NAME] == "阿翀"
    assert personal_words(said("我叫欧阳翀"), user)[FactKind.NAME] == "欧阳翀"


def test_kinds_without_a_placeholder_are_no_personal_words():
    user = UserContext("u", (Fact(FactKind.PET, "猫叫豆包"),))
    assert personal_words(said("豆包呢"), user) == {}
    with pytest.raises(ValueError, match="pet"):
        placeholders_in("你的{pet}呢")


def test_every_kind_can_be_read_as_text():
    for kind in FactKind:
        assert fact_text(Fact(kind, "杭州")) == f"{kind.value}:杭州"
    plan = Fact(FactKind.PLAN, "面试", day="2026-03-05")
    assert fact_text(plan) == "plan:3月5日面试"


def test_no_vocabulary_grows_with_the_kinds_of_fact():
    assert len(RESERVED) == 2 + 6 + 6 + 2
