from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from actions.link import (
    LINKED,
    NOT_LINKED,
    UNLINKED,
    ActionLinkAccount,
    ActionUnlinkAccount,
)
from actions.memory import ActionRecallMemory
from actions.resources import Resources
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.link_codes import MOST_WRONG
from tests.actions.talking import NOON, Conversation


def remember(talk: Conversation, kind: FactKind, value: str, at: float) -> None:
    talk.resources.memory.learn(talk.sender, [FactChange.telling(kind, value)], at)


def code_for(talk: Conversation) -> str:
    answer = talk.say("绑定账号", "link_account").answer(ActionLinkAccount)
    codes = re.findall(r"[A-Z2-9]{4}-[A-Z2-9]{4}", answer)
    assert len(set(codes)) == 1
    return str(codes[0])


def said(talk: Conversation, text: str) -> str:
    return talk.say(text, "link_account").answer(ActionLinkAccount)


@pytest.fixture
def elsewhere(resources: Resources) -> Conversation:
    """Another channel, served by another process."""
    other = Resources(resources.settings, resources.clock)
    return Conversation(other, sender="wx-42")


@pytest.fixture
def later(elsewhere: Conversation) -> Conversation:
    late = Resources(
        elsewhere.resources.settings, lambda: NOON + timedelta(minutes=10, seconds=1)
    )
    return replace(elsewhere, resources=late)


def test_a_code_said_elsewhere_links_both_and_merges_what_is_known(
    talk: Conversation, elsewhere: Conversation
) -> None:
    remember(talk, FactKind.NAME, "小雨", 1.0)
    remember(talk, FactKind.LIKE, "攀岩", 2.0)
    remember(elsewhere, FactKind.NAME, "小鱼", 3.0)
    remember(elsewhere, FactKind.LIKE, "龙井", 4.0)

    answer = said(elsewhere, f"绑定 {code_for(talk)}")

    assert answer == f"{LINKED}我记着的是：你叫小鱼，喜欢攀岩和龙井。"
    for one in (talk, elsewhere):
        assert one.say("我叫什么").answer(ActionRecallMemory) == "你叫小鱼。"


@pytest.mark.parametrize("form", ["{}", "绑定{}", "绑定码是{}。", "{} ", "绑定 {}谢谢"])
def test_a_code_is_understood_however_it_is_typed(
    talk: Conversation, elsewhere: Conversation, form: str
) -> None:
    code = code_for(talk).replace("-", "").lower()
    assert said(elsewhere, form.format(code)) == LINKED


def test_a_full_width_code_is_understood(
    talk: Conversation, elsewhere: Conversation
) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code_for(talk))
    assert said(elsewhere, wide) == LINKED


def test_a_code_can_be_used_once(
    talk: Conversation, elsewhere: Conversation, resources: Resources
) -> None:
    code = code_for(talk)
    third = Conversation(resources, sender="third")
    assert said(elsewhere, code) == LINKED

    assert "不对" in said(third, code)
    assert len(resources.memory.person("third").senders) == 1


def test_an_old_code_is_told_to_have_expired(
    talk: Conversation, later: Conversation
) -> None:
    assert "过期" in said(later, code_for(talk))


def test_a_new_code_makes_the_one_before_void(
    talk: Conversation, elsewhere: Conversation
) -> None:
    first, second = code_for(talk), code_for(talk)
    assert "不对" in said(elsewhere, first)
    assert said(elsewhere, second) == LINKED


def test_ones_own_code_is_told_from_a_wrong_one_and_stays_valid(
    talk: Conversation, elsewhere: Conversation
) -> None:
    code = code_for(talk)
    assert "另一边" in said(talk, code)
    assert said(elsewhere, code) == LINKED


def test_linking_the_same_again_changes_nothing(
    talk: Conversation, elsewhere: Conversation
) -> None:
    said(elsewhere, code_for(talk))
    assert "早就" in said(elsewhere, code_for(talk))


def test_who_guesses_is_stopped_for_ten_minutes_even_with_the_right_code(
    talk: Conversation, elsewhere: Conversation, later: Conversation
) -> None:
    code = code_for(talk)
    for number in range(MOST_WRONG):
        assert "不对" in said(elsewhere, f"A{number + 2}CD-EFGH")

    assert "停一停" in said(elsewhere, code)

    talk.resources = later.resources
    assert said(later, code_for(talk)) == LINKED


def test_an_unlinked_account_begins_anew_and_the_other_keeps_the_facts(
    talk: Conversation, elsewhere: Conversation
) -> None:
    remember(talk, FactKind.NAME, "小雨", 1.0)
    said(elsewhere, code_for(talk))

    answer = talk.say("解除绑定").answer(ActionUnlinkAccount)

    assert answer == UNLINKED
    assert "小雨" not in talk.say("我叫什么").answer(ActionRecallMemory)
    assert elsewhere.say("我叫什么").answer(ActionRecallMemory) == "你叫小雨。"
    assert elsewhere.say("解除绑定").answer(ActionUnlinkAccount) == NOT_LINKED


def test_a_missing_database_is_owned_up_to(without_database: Conversation) -> None:
    assert "绑不了" in said(without_database, "绑定账号")
    answer = without_database.say("解除绑定").answer(ActionUnlinkAccount)
    assert "解不开" in answer
