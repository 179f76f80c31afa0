"""Facts in a real SQLite file: the past is kept, and erased when the user asks."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange, Operation, Period
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.dates import zone_of
from framework_plugin.memory.extraction import FactExtractor
from framework_plugin.memory.repository import MemoryRepository

SHANGHAI = zone_of("Asia/Shanghai")
WEDNESDAY = datetime(2026, 3, 18, 10, tzinfo=SHANGHAI).timestamp()
DAY = 86_400.0
EXTRACTOR = FactExtractor()


def say(repository, *texts, at=WEDNESDAY):
    """Messages of alice, a minute apart, as the tracker store takes them."""
    for number, text in enumerate(texts):
        said = at + 60.0 * number
        changes = EXTRACTOR.changes(text, at=said)
        with repository.writing() as connection:
            repository.write_changes(connection, "alice", changes, said, "web-7")


def known(repository, now=WEDNESDAY):
    return [
        (fact.kind.value, fact.value)
        for fact in repository.user_context("alice", now=now).facts
    ]


def past(repository, now=WEDNESDAY + DAY):
    return [(f.kind.value, f.value) for f in repository.past_facts("alice", now)]


def raw(engine):
    file = Path(engine.url.database)
    files = [file, file.with_name(f"{file.name}-wal")]
    return b"".join(path.read_bytes() for path in files if path.exists())


def test_a_fact_carries_where_and_how_surely_it_was_said(repository):
    say(repository, "我叫欧阳翀")
    (fact,) = repository.user_context("alice").facts
    assert (fact.source, fact.said_at, fact.ended_at) == ("web-7", WEDNESDAY, None)
    assert 0.8 <= fact.confidence <= 1.0


def test_another_name_waits_for_a_yes(repository):
    say(repository, "我叫欧阳翀", "我叫苏木")
    assert known(repository) == [("name", "欧阳翀")]
    assert repository.user_context("alice").asked.value == "苏木"
    say(repository, "嗯，改了", at=WEDNESDAY + 600)
    assert known(repository) == [("name", "苏木")]
    assert repository.user_context("alice").asked is None
    assert past(repository) == [("name", "欧阳翀")]


@pytest.mark.parametrize(
    "answer", ["不是，没改", "今天好累啊", "我喜欢攀岩", "/affirm"]
)
def test_what_is_no_yes_leaves_the_name(repository, answer):
    say(repository, "我叫欧阳翀", "我叫苏木", answer, "是的")
    assert ("name", "欧阳翀") in known(repository)
    assert ("name", "苏木") not in known(repository)
    assert repository.user_context("alice").asked is None


def test_a_correction_needs_no_yes_and_keeps_the_past(repository):
    say(repository, "我叫小明，住在成都", "不对，我叫苏木", "我搬到深圳了")
    assert known(repository) == [("name", "苏木"), ("city", "深圳")]
    assert past(repository) == [("name", "小明"), ("city", "成都")]


def test_what_ended_can_be_true_again(repository):
    say(repository, "我喜欢咖啡", "我不喜欢咖啡了", "我喜欢咖啡", "我不喜欢咖啡了")
    assert known(repository) == []
    assert past(repository) == [("like", "咖啡"), ("like", "咖啡")]


def test_a_plan_is_current_until_its_day_is_over(repository):
    say(repository, "我明天要去体检")
    (plan,) = repository.user_context("alice", now=WEDNESDAY).facts
    midnight = datetime(2026, 3, 19, tzinfo=SHANGHAI).timestamp()
    assert (plan.day, plan.valid_from) == ("2026-03-19", midnight)
    assert known(repository, WEDNESDAY + DAY) == [("plan", "去体检")]
    assert known(repository, WEDNESDAY + 2 * DAY) == []
    assert past(repository, WEDNESDAY + 2 * DAY) == [("plan", "去体检")]


def test_the_same_plan_of_two_years_stands_twice(repository):
    say(repository, "我明天要去体检")
    say(repository, "我明天要去体检", at=WEDNESDAY + 365 * DAY)
    assert known(repository, WEDNESDAY + 365 * DAY) == [("plan", "去体检")]
    assert len(past(repository, WEDNESDAY + 400 * DAY)) == 2


def test_forgetting_erases_the_past_too(repository, engine):
    say(repository, "我叫钟离默", "我改名叫苏木了", "忘掉我的名字")
    assert known(repository) == past(repository) == []
    repository.forget("nobody")  # clears the log
    assert "钟离默".encode() not in raw(engine)
    assert "苏木".encode() not in raw(engine)


def test_forgetting_one_value_leaves_the_others_and_their_past(repository):
    say(
        repository,
        "我女儿叫朵朵，儿子叫石头",
        "我不喜欢咖啡了",
        "忘掉我女儿",
    )
    assert known(repository) == [("family", "儿子叫石头")]


def test_everything_is_exported_the_past_and_the_question_too(repository):
    say(repository, "我叫小明", "我改名叫小亮了", "我叫小刚", at=WEDNESDAY)
    facts = repository.export("alice")["facts"]
    told = [(f["value"], f["ended_at"] is None, f["asked"]) for f in facts]
    assert told == [
        ("小明", False, False),
        ("小亮", True, False),
        ("小刚", True, True),
    ]
    assert facts[0]["source"] == "web-7"
    assert json.dumps(facts, ensure_ascii=False)


def check_past_and_plans(repository: MemoryRepository) -> None:
    period = Period("2026-03-25", WEDNESDAY + DAY, WEDNESDAY + 2 * DAY)
    interview = FactChange.telling(FactKind.PLAN, "面试", 0.95, period=period)
    doubt = FactChange.telling(FactKind.NAME, "苏木", 0.95, corrects=False)
    repository.learn("alice", [FactChange.telling(FactKind.NAME, "欧阳翀")], 1.0)
    repository.learn("alice", [interview], WEDNESDAY)
    repository.learn("alice", [doubt], WEDNESDAY + 1)
    assert repository.user_context("alice").asked.value == "苏木"
    repository.learn("alice", [FactChange(Operation.CONFIRM)], WEDNESDAY + 2)
    assert known(repository) == [("plan", "面试"), ("name", "苏木")]
    assert repository.user_context("alice", now=WEDNESDAY).facts[0].day == "2026-03-25"
    assert past(repository, WEDNESDAY) == [("name", "欧阳翀")]
    assert past(repository, WEDNESDAY + 3 * DAY) == [
        ("name", "欧阳翀"),
        ("plan", "面试"),
    ]
    assert repository.forget("alice").facts == 3


def test_the_past_and_plans_live_in_a_file(repository):
    check_past_and_plans(repository)


@pytest.mark.slow
@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_the_past_and_plans_live_on_a_server(server, request):
    engine = open_engine(request.getfixturevalue(server))
    repository = MemoryRepository(engine)
    repository.migrate()
    check_past_and_plans(repository)
    engine.dispose()
