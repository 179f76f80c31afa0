"""Search over all that a user said, on a real SQLite file and real servers."""

import json

import numpy as np
import pytest
import sqlalchemy as sa

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import SettingsError
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.history import append_events
from framework_plugin.memory.meaning import AveragedVectors
from framework_plugin.memory.plans import close_plan, open_plans, settle_plans
from framework_plugin.memory.postings import BEST, BEST_TESTED, COUNTS
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.search import TEXTS, SearchSettings
from framework_plugin.memory.tables import turn_terms
from framework_plugin.memory.terms import (
    MOST_TERMS,
    QUESTION,
    SMALL_TALK,
    STATEMENT,
    TAUGHT,
    content_terms,
    importance,
)
from framework_plugin.memory.turns import Message, note_message
from framework_plugin.text.embeddings import WordVectors
from tests.memory.conftest import emptied

DAY = 86_400.0
NOW = 1_790_000_000.0


def told(repository, user, text, at, changes=()):
    """A message as the tracker store writes it."""
    data = json.dumps({"event": "user", "timestamp": at, "text": text})
    row = {"sender_id": user, "type_name": "user", "timestamp": at, "data": data}
    with repository.writing() as connection:
        (event,) = append_events(connection, [row])
        tells = note_message(connection, Message(user, event, text, at), changes)
        repository.write_changes(connection, user, changes, at)
        settle_plans(connection, user, text, changes, at, tells=tells)
    return event


def found(repository, text, user="alice", **options):
    return [one.text for one in repository.recall(user, text, NOW, **options)]


def terms_of(repository, user="alice"):
    with repository.reading() as connection:
        rows = connection.execute(
            sa.select(turn_terms.c.term).where(turn_terms.c.sender_id == user)
        )
        return set(rows.scalars())


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("我什么时候说过想去西藏", ("西藏",)),
        ("想去青海湖", ("青海", "青海湖")),
        ("我對花粉過敏", ("花粉", "过敏")),
        ("嗯嗯，好的", ()),
        ("我叫Ａlice", ("alice",)),
        ("12345 😀", ()),
        ("", ()),
    ],
)
def test_only_words_with_content_are_searched_by(text, terms):
    assert content_terms(text) == terms


def test_a_long_message_keeps_its_longest_words():
    animals = "猫狗鱼鸟马牛羊鸡鸭鹅兔鼠"
    text = "、".join(animals) + "，还有大熊猫和长颈鹿"
    terms = content_terms(text)
    assert len(terms) == MOST_TERMS
    assert {"大熊猫", "长颈鹿"} <= set(terms)


def test_statements_matter_more_than_questions_and_small_talk():
    assert importance("我对花粉过敏", taught=True) == TAUGHT
    assert importance("我昨天去爬了山", taught=False) == STATEMENT
    assert importance("西藏远吗？", taught=False) == QUESTION
    assert importance("下雨了", taught=False) == SMALL_TALK


def check_search(repository):
    old, newer = NOW - 400 * DAY, NOW - 3 * DAY
    told(repository, "alice", "我想去西藏看星空", old)
    told(repository, "alice", "今天下班好晚", NOW - 2 * DAY)
    told(repository, "alice", "西藏的火车票好贵", newer)
    told(repository, "bob", "我也要去西藏", newer)
    told(repository, "Alice", "西藏", newer)
    assert found(repository, "西藏") == ["西藏的火车票好贵", "我想去西藏看星空"]
    assert found(repository, "去西藏看星空") == ["我想去西藏看星空", "西藏的火车票好贵"]
    (first, *_) = repository.recall("alice", "星空", NOW)
    assert (first.said_at, first.shared) == (old, frozenset({"星空"}))
    assert found(repository, "西藏", before=newer) == ["我想去西藏看星空"]
    assert found(repository, "月亮") == []
    assert found(repository, "你好") == []
    assert found(repository, "西藏", user="nobody") == []


def test_what_was_said_is_found_in_a_file(repository):
    check_search(repository)


@pytest.mark.slow
@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_what_was_said_is_found_on_a_server(server, request):
    url = request.getfixturevalue(server)
    repository = MemoryRepository(emptied(url))
    repository.migrate()
    check_search(repository)
    repository.forget("alice")
    assert terms_of(repository) == set()
    assert terms_of(repository, "bob") == {"西藏"}
    emptied(url)


def test_what_was_said_in_another_channel_is_found_for_a_linked_sender(repository):
    told(repository, "alice", "我想去西藏看星空", NOW - 9 * DAY)
    told(repository, "wx-42", "西藏的机票订好了", NOW - 2 * DAY)
    told(repository, "bob", "我也想去西藏", NOW - 3 * DAY)
    repository.link("alice", "wx-42", NOW - DAY)
    found = repository.recall("alice", "我说过西藏吗", NOW)
    assert {one.text for one in found} == {"我想去西藏看星空", "西藏的机票订好了"}


def test_old_messages_are_found_behind_thousands_of_new_ones(repository):
    told(repository, "alice", "我在敦煌的沙漠里看过日出", NOW - 900 * DAY)
    rows = [
        {
            "sender_id": "alice",
            "term": term,
            "event_id": 10 + number,
            "said_at": NOW - number,
            "importance": STATEMENT,
        }
        for number in range(3000)
        for term in ("日出", "茶")
    ]
    with repository.writing() as connection:
        connection.execute(sa.insert(turn_terms), rows)
    assert found(repository, "敦煌的日出") == ["我在敦煌的沙漠里看过日出"]


def test_a_common_word_counts_in_old_messages_too(repository):
    told(repository, "alice", "敦煌的茶", NOW - 900 * DAY)
    for day in range(40):
        told(repository, "alice", "敦煌的酒", NOW - day * DAY)
    rows = [
        {
            "sender_id": "alice",
            "term": "茶",
            "event_id": 100 + number,
            "said_at": NOW,
            "importance": STATEMENT,
        }
        for number in range(3000)
    ]
    with repository.writing() as connection:
        connection.execute(sa.insert(turn_terms), rows)
    settings = SearchSettings(lasting=0.9)
    assert found(repository, "敦煌 茶", settings=settings)[0] == "敦煌的茶"


def test_recent_and_weighty_messages_come_first(repository):
    told(repository, "alice", "攀岩难不难？", NOW - DAY)
    told(repository, "alice", "我去攀岩了一次", NOW - 20 * DAY)
    told(repository, "alice", "我昨天攀岩摔了一跤", NOW - 2 * DAY)
    told(
        repository,
        "alice",
        "我喜欢攀岩",
        NOW - 4 * DAY,
        [FactChange.telling(FactKind.LIKE, "攀岩")],
    )
    assert found(repository, "攀岩") == [
        "我喜欢攀岩",
        "我昨天攀岩摔了一跤",
        "我去攀岩了一次",
        "攀岩难不难？",
    ]


def test_the_budget_is_kept_and_nothing_comes_twice(repository):
    for day in range(4):
        told(repository, "alice", "西藏真远", NOW - day * DAY)
    told(repository, "alice", "西藏" + "的云很低，" * 20, NOW)
    told(repository, "alice", "西藏的云很低", NOW - 9 * DAY)
    shown = found(repository, "西藏", settings=SearchSettings(budget=10))
    assert shown == ["西藏真远", "西藏的云很低"]
    assert found(repository, "西藏", settings=SearchSettings(most=1)) != shown


MEANING = AveragedVectors(
    WordVectors(
        ("宠物", "狗", "医院", "我家"),
        np.array([[3, 0], [2, 0.1], [0, 1], [0, 5]], dtype=np.float32),
    )
)
"""Two words that mean nearly the same, and two others."""


def test_vectors_weigh_meaning_beside_words(repository):
    told(repository, "alice", "我家医院很远", NOW - DAY)
    told(repository, "alice", "我家狗去了医院", NOW - DAY - 1)
    settings = SearchSettings(meaning=0.6)
    without = found(repository, "宠物医院", settings=settings)
    with_them = found(repository, "宠物医院", settings=settings, vectors=MEANING)
    assert without == ["我家医院很远", "我家狗去了医院"]
    assert with_them == ["我家狗去了医院", "我家医院很远"]


def test_words_without_vectors_have_no_meaning():
    assert MEANING.vector(["月亮"]) is None
    assert MEANING.vector(["宠物", "月亮"]) == [1.0, 0.0]


def test_questions_about_the_memory_are_no_memories(repository):
    told(repository, "alice", "我之前有没有提过过敏", NOW - DAY)
    told(repository, "alice", "你还记得我对什么过敏吗", NOW - DAY)
    told(repository, "alice", "/ask_过敏", NOW - DAY)
    assert found(repository, "过敏") == []


def test_what_is_to_be_forgotten_is_found_no_more(repository):
    told(repository, "alice", "我想去西藏", NOW - 9)
    told(repository, "alice", "其实我在看心理医生", NOW - 8)
    told(repository, "alice", "刚才说的别记", NOW - 7)
    assert terms_of(repository) == {"西藏"}
    told(repository, "alice", "我喜欢咖啡，每天三杯", NOW - 6)
    told(repository, "alice", "别记我喜欢咖啡了", NOW - 5)
    assert found(repository, "咖啡") == []
    assert found(repository, "西藏") == ["我想去西藏"]
    told(repository, "alice", "忘掉关于我的一切", NOW - 4)
    assert terms_of(repository) == set()
    told(repository, "alice", "我不住在成都了", NOW - 3)
    assert found(repository, "成都") == ["我不住在成都了"]


def test_a_name_that_is_to_be_forgotten_is_found_no_more(repository):
    name = [FactChange.telling(FactKind.NAME, "欧阳翀")]
    told(repository, "alice", "我叫欧阳翀，老家在敦煌", NOW - 9, name)
    told(repository, "alice", "我在敦煌看过日出", NOW - 8.5)
    assert found(repository, "欧阳翀") == ["我叫欧阳翀，老家在敦煌"]
    told(repository, "alice", "忘掉我的名字", NOW - 8)
    assert found(repository, "欧阳翀") == []
    assert found(repository, "敦煌") == ["我在敦煌看过日出"]


def test_what_was_said_before_can_be_made_findable(repository):
    plan = [FactChange.telling(FactKind.PLAN, "面试")]
    told(repository, "alice", "我下周要面试", NOW - 9, plan)
    name = [FactChange.telling(FactKind.NAME, "欧阳翀")]
    told(repository, "alice", "我叫欧阳翀", NOW - 8, name)
    with repository.writing() as connection:
        (plan,) = open_plans(connection, "alice")
        close_plan(connection, "alice", plan.id, NOW)
    before = repository.export("alice")
    with repository.writing() as connection:
        connection.execute(sa.delete(turn_terms))
    assert repository.index() == 1
    after = repository.export("alice")
    assert (after["search"], after["facts"]) == (before["search"], before["facts"])


@pytest.mark.parametrize("text", ["\ud800西藏\x00", "西藏" * 400, "a" * 600])
def test_no_message_is_too_odd_to_be_written(repository, text):
    with repository.writing() as connection:
        note_message(connection, Message("alice", 1, text, NOW), ())


def test_no_query_walks_through_a_table(repository, engine):
    slots = {f"term{n}": "" for n in range(MOST_TERMS)}
    for n in range(6):
        slots |= {f"length{n}": 9, f"rarity{n}": 1.0, f"bit{n}": 1}
    for query, values in (
        (COUNTS, slots),
        (BEST, slots),
        (BEST_TESTED, slots),
        (TEXTS, {"ids": [1, 2]}),
    ):
        given = {k: v for k, v in values.items() if k in query.compile().params}
        given |= {"user": "alice"}
        if "before" in query.compile().params:
            given["before"] = 1e12
        compiled = query.params(**given).compile(
            engine, compile_kwargs={"literal_binds": True}
        )
        with engine.connect() as connection:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")
            plan = [row[-1] for row in steps]
        assert any("SEARCH" in step for step in plan)
        assert not any(step.startswith(("SCAN turn_", "SCAN ev")) for step in plan)


@pytest.mark.parametrize(
    "wrong", [{"least": 2.0}, {"budget": 0}, {"half_life": -1.0}, {"meaning": -0.1}]
)
def test_impossible_settings_are_named(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        SearchSettings(**wrong)
