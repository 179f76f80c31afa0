import pytest

from framework_plugin.corpus.user_context import SAYABLE_KINDS, FactKind
from framework_plugin.evaluation.cases import (
    PROFILES,
    cases_from,
    reply_pool,
    unanswerable_cases,
)
from tests.evaluation.recorded import small_corpus


@pytest.fixture
def scripts(tmp_path):
    return small_corpus(tmp_path).scripts


def test_every_wording_of_every_turn_is_a_case(scripts) -> None:
    asked = [case.dialogue.last_user_text for case in cases_from(scripts, 1)]
    assert len(asked) == 8
    assert asked[2:] == [
        *("早上好", "早安", "下雨了", "外面在下雨", "忘带了", "累死我了")
    ]


def test_what_the_user_tells_is_known_and_said_in_their_own_words(scripts) -> None:
    told = cases_from(scripts, 1)[0]
    name = told.user.value(FactKind.NAME)
    assert name in PROFILES[FactKind.NAME]
    assert told.dialogue.last_user_text == f"我叫{name}"
    assert told.references == (f"{name}，很高兴认识你。", f"{name}你好呀。")


def test_what_was_known_before_is_known_and_nothing_else(scripts) -> None:
    cases = cases_from(scripts, 1)
    assert cases[2].known == {FactKind.NAME}
    assert cases[4].known == set()


def test_earlier_turns_stand_before_the_message(scripts) -> None:
    later = cases_from(scripts, 1)[6]
    said = [turn.text for turn in later.dialogue.turns]
    assert said == ["下雨了", "记得带伞。", "忘带了"]


def test_without_a_profile_the_message_and_what_is_right_stay_the_same(scripts) -> None:
    case = cases_from(scripts, 1)[2]
    bare = case.without_profile()
    assert bare.known == set()
    assert bare.references == case.references
    assert bare.dialogue == case.dialogue


def test_the_same_seed_makes_the_same_users(scripts) -> None:
    assert cases_from(scripts, 1) == cases_from(scripts, 1)
    assert any(cases_from(scripts, 1) != cases_from(scripts, s) for s in range(2, 9))


def test_every_kind_of_fact_has_values_that_are_found_in_a_text() -> None:
    assert set(PROFILES) == set(SAYABLE_KINDS)
    assert all(len(value) >= 2 for values in PROFILES.values() for value in values)


def test_the_pool_holds_each_reply_once_as_written(scripts) -> None:
    pool = reply_pool(scripts)
    assert "{name}你好呀。" in pool
    assert len(pool) == len(set(pool)) == 6


def test_unanswerable_messages_have_no_right_reply() -> None:
    (case,) = unanswerable_cases(["法国首都"])
    assert case.references == ()
    assert case.dialogue.last_user_text == "法国首都"
