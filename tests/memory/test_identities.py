"""One person over several channels: facts shared, conversations apart, nothing lost."""

import threading
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.forgetting import OF_SENDERS
from framework_plugin.memory.identities import SENDERS, Sender, link
from framework_plugin.memory.link_codes import LinkCodes
from framework_plugin.memory.repository import Forgotten, MemoryRepository
from framework_plugin.memory.tables import metadata
from tests.memory.test_repository import event, plan, session, write

NAME, LIKE, DISLIKE = FactKind.NAME, FactKind.LIKE, FactKind.DISLIKE


def tell(repository, sender, kind, value, at):
    repository.learn(sender, [FactChange.telling(kind, value)], at)


def values(repository, sender, kind):
    return repository.user_context(sender).values(kind)


def said(repository, sender, **options):
    turns = repository.user_context(sender, **options).earlier_turns
    return [turn.text for turn in turns]


def test_a_sender_without_a_link_is_a_user_of_its_own(repository):
    person = repository.person("alice")
    assert person.user_id == "alice"
    assert person.senders == (Sender("alice"),)
    assert not repository.unlink("alice")


def test_facts_told_by_either_sender_are_known_to_both(repository):
    assert repository.link("rest-a", "wx-a", 10.0)
    assert not repository.link("wx-a", "rest-a", 11.0)
    tell(repository, "rest-a", NAME, "小雨", 20.0)
    tell(repository, "wx-a", LIKE, "攀岩", 21.0)
    tell(repository, "wx-a", NAME, "小鱼", 22.0)
    for sender in ("rest-a", "wx-a"):
        assert values(repository, sender, NAME) == ("小鱼",)
        assert values(repository, sender, LIKE) == ("攀岩",)
    assert repository.user_context("bob").facts == ()


def test_what_was_told_later_stays_when_facts_are_merged(repository):
    tell(repository, "one", NAME, "新名", 50.0)
    tell(repository, "other", NAME, "旧名", 40.0)
    tell(repository, "one", LIKE, "咖啡", 10.0)
    tell(repository, "other", LIKE, "咖啡", 20.0)
    tell(repository, "one", LIKE, "香菜", 30.0)
    tell(repository, "other", DISLIKE, "香菜", 31.0)
    repository.link("one", "other", 60.0)
    assert values(repository, "other", NAME) == ("新名",)
    assert values(repository, "one", LIKE) == ("咖啡",)
    assert values(repository, "one", DISLIKE) == ("香菜",)
    assert repository.user_context("one").facts[0].said_at == 10.0


def test_people_of_several_senders_become_one(repository):
    repository.link("a", "b", 1.0)
    repository.link("c", "d", 2.0)
    for sender, like in (("a", "茶"), ("d", "花")):
        tell(repository, sender, LIKE, like, 3.0)
    repository.link("b", "c", 4.0)
    for sender in "abcd":
        assert values(repository, sender, LIKE) == ("茶", "花")
    assert {s.sender_id for s in repository.person("d").senders} == set("abcd")


def test_unlinking_leaves_the_facts_with_the_others(repository):
    repository.link("a", "b", 1.0)
    repository.link("a", "c", 2.0)
    tell(repository, "c", NAME, "小雨", 3.0)
    assert repository.unlink("c")
    assert repository.user_context("c").facts == ()
    assert values(repository, "a", NAME) == ("小雨",)
    # The last one is a sender as any other again.
    assert repository.unlink("a")
    assert repository.person("b").user_id == "b"
    assert values(repository, "b", NAME) == ("小雨",)
    assert values(repository, "a", NAME) == ()


def test_earlier_turns_are_of_all_senders_in_the_order_of_time(repository, engine):
    write(engine, *session("wx", 100.0, "微信一"), *session("rest", 200.0, "网页一"))
    write(engine, *session("wx", 300.0, "微信二"), *session("rest", 400.0, "网页二"))
    repository.link("wx", "rest", 500.0)
    earlier = ["微信一", "答微信一", "网页一", "答网页一", "微信二", "答微信二"]
    assert said(repository, "rest") == earlier
    assert said(repository, "rest", earlier_turns=3) == earlier[-3:]
    assert said(repository, "wx") == [*earlier[:4], "网页二", "答网页二"]
    assert said(repository, "wx", before=200.0) == earlier[:2]


def test_the_cost_of_a_context_does_not_grow_with_the_history(repository, engine):
    repository.link("wx", "rest", 1.0)
    rows = [
        event(sender, kind, at / 10, f"第{at}句")
        for at in range(3_000)
        for sender in ("wx", "rest")
        for kind in ("user", "bot")
    ]
    with engine.begin() as connection:
        connection.execute(sa.insert(metadata.tables["events"]), rows)
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        steps = 0

        def count():
            nonlocal steps
            steps += 1

        raw.set_progress_handler(count, 100)
        turns = repository.read_context(connection, "rest").earlier_turns
        raw.set_progress_handler(None, 0)
    assert turns[-1].text == "第2999句"
    # SQLite's own count of what it does, in hundreds: to walk through takes thousands.
    assert steps < 100
    steps = plan(engine, SENDERS.params(user="rest"))
    assert not any(step.startswith("SCAN") for step in steps)


def test_forgetting_a_person_removes_all_their_senders_and_nobody_else(
    repository, engine
):
    for sender in ("wx", "rest", "bob"):
        write(engine, *session(sender, 100.0, f"{sender}说"))
        tell(repository, sender, LIKE, f"{sender}爱的", 1.0)
        LinkCodes(repository).issue(Sender(sender), 2.0)
    repository.link("wx", "rest", 3.0)
    assert repository.forget("wx") == Forgotten(facts=2, events=8)
    assert list(repository.users()) == ["bob"]
    with engine.connect() as connection:
        for table in OF_SENDERS:
            left = set(connection.execute(sa.select(table.c.sender_id)).scalars())
            assert left <= {"bob"}
    content = b"".join(
        path.read_bytes() for path in Path(engine.url.database).parent.iterdir()
    )
    assert "wx爱的".encode() not in content
    assert b"rest" not in content
    assert b"bob" in content


def test_users_are_listed_once_however_many_senders_they_have(repository, engine):
    write(engine, *session("wx", 1.0, "一"), *session("rest", 1.0, "二"))
    write(engine, *session("bob", 1.0, "三"))
    tell(repository, "carol", NAME, "只有事实", 1.0)
    repository.link("wx", "rest", 2.0)
    person = repository.person("wx").user_id
    tell(repository, "wx", NAME, "小雨", 3.0)
    assert sorted(repository.users()) == sorted(["bob", "carol", person])


def test_all_that_is_stored_of_a_person_is_exported(repository, engine):
    write(engine, *session("wx", 100.0, "微信"), *session("rest", 50.0, "网页"))
    with repository.writing() as connection:
        link(connection, Sender("wx", "wechat"), Sender("rest", "rest"), 200.0)
    LinkCodes(repository).issue(Sender("wx", "wechat"), 300.0)
    waiting = [
        {"sender_id": sender, "event": {"event": "user", "text": f"{sender}没存"}}
        for sender in ("wx", "rest", "bob")
    ]
    told = repository.export("rest", waiting, lambda sender: [f'{{"old": "{sender}"}}'])
    assert [s["sender_id"] for s in told["senders"]] == ["rest", "wx"]
    assert [s["channel"] for s in told["senders"]] == ["rest", "wechat"]
    lines = [(one["sender_id"], one["text"]) for one in told["conversation"]]
    assert lines == [
        ("rest", "网页"),
        ("rest", "答网页"),
        ("wx", "微信"),
        ("wx", "答微信"),
    ]
    assert {one["sender_id"] for one in told["unsaved"]} == {"wx", "rest"}
    assert {one["old"] for one in told["archived"]} == {"wx", "rest"}
    (code,) = told["link_codes"]
    assert code["sender_id"] == "wx"


@pytest.mark.slow
@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_facts_told_while_their_senders_are_linked_stay_with_nobody_else(
    server, request
):
    engine = open_engine(request.getfixturevalue(server))
    repository = MemoryRepository(engine)
    repository.migrate()
    for number in range(10):
        one, other = f"one-{number}", f"other-{number}"
        together = threading.Barrier(3)

        def teach(sender, number=number, together=together):
            together.wait()
            tell(repository, sender, LIKE, f"{sender}爱的", float(number))

        def join(one=one, other=other, together=together):
            together.wait()
            repository.link(one, other, 100.0)

        run(partial(teach, one), partial(teach, other), join)
        known = values(repository, one, LIKE)
        assert set(known) == {f"{one}爱的", f"{other}爱的"}
        assert values(repository, other, LIKE) == known
        assert not (set(repository.users()) & {one, other})
    metadata.drop_all(engine)


@pytest.mark.slow
@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_a_person_has_one_name_though_three_senders_tell_one_at_once(server, request):
    engine = open_engine(request.getfixturevalue(server))
    repository = MemoryRepository(engine)
    repository.migrate()
    senders = ("one", "other", "third")
    for sender in senders[1:]:
        repository.link("one", sender, 1.0)
    for number in range(20):
        together = threading.Barrier(6)

        def teach(sender, number=number, together=together):
            together.wait()
            tell(repository, sender, NAME, f"{sender}{number}", number + 1.0)

        # Strangers of whom nothing is known yet wait for nobody.
        speaking = [*senders, *(f"{number}-{stranger}" for stranger in range(3))]
        run(*(partial(teach, sender) for sender in speaking))
        (name,) = values(repository, "one", NAME)
        assert name in {f"{sender}{number}" for sender in senders}
    metadata.drop_all(engine)


def run(*calls):
    failed = []

    def guarded(call):
        try:
            call()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
