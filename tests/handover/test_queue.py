from __future__ import annotations

import pytest

from framework_plugin.errors import HandoverError
from framework_plugin.handover import sentences
from framework_plugin.handover.entry import NOT_AT_DESK, AtDesk, Outcome, Reason
from framework_plugin.handover.outbox import Outbox, at_desk, note_sent
from framework_plugin.handover.place import QueueDatabase
from framework_plugin.handover.queue import HandoverQueue
from framework_plugin.memory.tables import handover_replies, handovers

NOW = 1_789_000_000.125
IDLE = 1_800.0
TABLES = (handovers, handover_replies)


def ask(queue: HandoverQueue, sender: str, now: float = NOW) -> int:
    return queue.ask(sender, sender, "rest", Reason.ASKED, now).entry.id


def desk_of(database: QueueDatabase, sender: str, now: float = NOW) -> AtDesk:
    with database.reading() as connection:
        return at_desk(connection, *TABLES, sender, now)


def say_all(database: QueueDatabase, outbox: Outbox, sender: str) -> list[str]:
    """Brings all that is due, and notes that it was said."""
    replies = outbox.claim_due(sender, NOW)
    with database.writing() as connection:
        ids = [reply.id for reply in replies]
        note_sent(connection, *TABLES, sender, ids, NOW)
    return [reply.text for reply in replies]


def test_who_asks_later_is_told_how_many_wait_in_front(queue: HandoverQueue) -> None:
    places = [
        queue.ask(user, user, None, Reason.ASKED, NOW + n).ahead
        for n, user in enumerate(("alice", "bob", "carol"))
    ]
    assert places == [0, 1, 2]


def test_who_asks_again_has_the_same_entry(queue: HandoverQueue) -> None:
    ask(queue, "bob")
    first = queue.ask("alice", "alice", "rest", Reason.ASKED, NOW)
    again = queue.ask("alice", "alice", "rest", Reason.ANGER, NOW + 60)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.entry == first.entry
    assert again.ahead == 1


def test_linked_senders_have_one_entry(queue: HandoverQueue) -> None:
    first = queue.ask("wechat-1", "person-7", "wechat", Reason.ASKED, NOW)
    other = queue.ask("web-9", "person-7", "rest", Reason.ASKED, NOW)
    assert not other.is_new
    assert other.entry == first.entry


def test_who_is_unlinked_while_waiting_waits_once(queue: HandoverQueue) -> None:
    first = queue.ask("wechat-1", "person-7", "wechat", Reason.ASKED, NOW)
    again = queue.ask("wechat-1", "wechat-1", "wechat", Reason.ASKED, NOW)
    assert not again.is_new
    assert again.entry == first.entry


def test_those_taken_or_closed_are_in_front_of_nobody(queue: HandoverQueue) -> None:
    first, second, third = (ask(queue, user) for user in ("alice", "bob", "carol"))
    queue.take(first, "小林", NOW, IDLE)
    queue.close(second, NOW)
    assert queue.ahead(queue.find(third)) == 0


def test_only_one_person_has_a_conversation(queue: HandoverQueue) -> None:
    entry = ask(queue, "alice")
    queue.take(entry, "小林", NOW, IDLE)
    with pytest.raises(HandoverError, match="with 小林"):
        queue.take(entry, "阿梅", NOW + 60, IDLE)
    assert queue.take(entry, "小林", NOW + 60, IDLE).taken_at == NOW


def test_what_somebody_left_lying_may_be_taken(queue: HandoverQueue) -> None:
    entry = ask(queue, "alice")
    queue.take(entry, "小林", NOW, IDLE)
    assert queue.take(entry, "阿梅", NOW + IDLE, IDLE).taken_by == "阿梅"


def test_a_reply_is_due_once_and_holds_the_conversation(
    queue: HandoverQueue, outbox: Outbox, database: QueueDatabase
) -> None:
    entry = ask(queue, "alice")
    queue.take(entry, "小林", NOW, IDLE)
    queue.reply(entry, " 您好，我是小林 ", NOW + 900, IDLE)
    assert desk_of(database, "alice") == AtDesk(True, True, False, True)
    assert desk_of(database, "alice", NOW + 2_000).is_held
    assert outbox.due_senders(NOW) == [("alice", "rest")]
    said = say_all(database, outbox, "alice")
    assert said == [sentences.taken("小林"), "您好，我是小林"]
    assert outbox.claim_due("alice", NOW) == ()
    assert not desk_of(database, "alice").has_due
    assert queue.pending(queue.find(entry)) == []


def test_what_was_claimed_and_not_said_is_due_again_after_a_minute(
    queue: HandoverQueue, outbox: Outbox
) -> None:
    entry = ask(queue, "alice")
    queue.take(entry, "小林", NOW, IDLE)
    assert len(outbox.claim_due("alice", NOW)) == 1
    assert outbox.claim_due("alice", NOW + 59) == ()
    assert len(outbox.claim_due("alice", NOW + 61)) == 1


def test_nobody_speaks_in_what_they_have_not(queue: HandoverQueue) -> None:
    entry = ask(queue, "alice")
    with pytest.raises(HandoverError, match="Take it first"):
        queue.reply(entry, "您好", NOW, IDLE)
    queue.close(entry, NOW)
    with pytest.raises(HandoverError, match="closed"):
        queue.reply(entry, "您好", NOW, IDLE)
    with pytest.raises(HandoverError, match="no handover 99"):
        queue.take(99, "小林", NOW, IDLE)


@pytest.mark.parametrize("text", ["", "  \n", "长" * 2_001])
def test_what_cannot_be_said_is_refused(queue: HandoverQueue, text: str) -> None:
    entry = ask(queue, "alice")
    queue.take(entry, "小林", NOW, IDLE)
    with pytest.raises(HandoverError, match="1 to 2000"):
        queue.reply(entry, text, NOW, IDLE)


@pytest.mark.parametrize("name", ["", "  ", "名" * 65])
def test_a_name_that_no_user_could_read_is_refused(
    queue: HandoverQueue, name: str
) -> None:
    with pytest.raises(HandoverError, match="1 to 64"):
        queue.take(ask(queue, "alice"), name, NOW, IDLE)


def test_closing_gives_the_user_back_and_tells_so(
    queue: HandoverQueue, outbox: Outbox, database: QueueDatabase
) -> None:
    entry = ask(queue, "alice")
    queue.take(entry, "小林", NOW, IDLE)
    closed = queue.close(entry, NOW + 5)
    assert (closed.outcome, closed.closed_at) == (Outcome.DONE, NOW + 5)
    assert desk_of(database, "alice") == AtDesk(has_due=True)
    assert say_all(database, outbox, "alice")[-1] == sentences.CLOSED
    assert desk_of(database, "alice") == NOT_AT_DESK
    assert queue.ask("alice", "alice", None, Reason.ASKED, NOW + 9).is_new


def test_who_leaves_hears_nothing_of_the_person_any_more(
    queue: HandoverQueue, outbox: Outbox
) -> None:
    entry = ask(queue, "alice")
    queue.take(entry, "小林", NOW, IDLE)
    left = queue.leave("alice", NOW + 1)
    assert left is not None
    assert left.is_held(NOW + 1)
    assert outbox.claim_due("alice", NOW + 1) == ()
    assert queue.find(entry).outcome is Outcome.LEFT
    assert queue.leave("alice", NOW + 2) is None


def test_what_the_person_said_still_comes_after_the_user_left(
    queue: HandoverQueue, outbox: Outbox
) -> None:
    entry = ask(queue, "alice")
    queue.take(entry, "小林", NOW, IDLE)
    queue.reply(entry, "单号查到了", NOW, IDLE)
    queue.leave("alice", NOW + 1)
    assert [one.text for one in outbox.claim_due("alice", NOW + 1)] == ["单号查到了"]


def test_who_is_silent_too_long_has_left(
    queue: HandoverQueue, database: QueueDatabase
) -> None:
    entry = ask(queue, "alice")
    assert queue.lapse("alice", NOW + 10 * IDLE) is None
    queue.take(entry, "小林", NOW, IDLE)
    assert queue.lapse("alice", NOW + IDLE - 1) is None
    assert desk_of(database, "alice", NOW + IDLE).is_lapsed
    lapsed = queue.lapse("alice", NOW + IDLE)
    assert lapsed is not None
    assert lapsed.outcome is Outcome.LAPSED


def test_a_conversation_at_no_desk_costs_one_query(database: QueueDatabase) -> None:
    assert desk_of(database, "nobody") is NOT_AT_DESK


def test_a_reply_of_another_conversation_is_not_noted_as_said(
    queue: HandoverQueue, outbox: Outbox, database: QueueDatabase
) -> None:
    queue.take(ask(queue, "alice"), "小林", NOW, IDLE)
    (due,) = outbox.claim_due("alice", NOW)
    with database.writing() as connection:
        note_sent(connection, *TABLES, "mallory", [due.id], NOW)
    assert len(outbox.claim_due("alice", NOW + 61)) == 1
