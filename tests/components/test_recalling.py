"""What was said long ago reaches the generator when the message is about it."""

import time

import pytest
from rasa.shared.core.events import UserUttered

from framework_plugin.components.recalling import recalled_user_context
from framework_plugin.components.user_memory import current_user_context
from framework_plugin.memory.repository import EARLIER_TURNS
from tests.components.talking import begin_session, open_store, say

LONG_AGO = "我在敦煌的沙漠里看过日出"


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "rasa.db")


async def asked(store, text):
    """The tracker of a new session in which something was just said."""
    tracker = await store.get_or_create_tracker("alice", append_action_listen=False)
    begin_session(tracker)
    tracker.update(UserUttered(text, {"name": "chat"}))
    return tracker


async def talked(store, *said):
    tracker = await store.get_or_create_tracker("alice", append_action_listen=False)
    begin_session(tracker)
    for text in said:
        say(tracker, text)
    await store.save(tracker)


def texts(user):
    return [turn.text for turn in user.earlier_turns]


async def test_what_matters_to_the_message_comes_last_and_what_is_latest_stays(store):
    await talked(store, LONG_AGO)
    await talked(store, *(f"今天吃了第{n}种面" for n in range(15)))
    tracker = await asked(store, "敦煌的日出是什么样的")
    assert LONG_AGO not in texts(current_user_context(tracker))
    found = texts(recalled_user_context(tracker))
    assert found[-1] == LONG_AGO
    assert "今天吃了第14种面" in found
    assert len(found) == EARLIER_TURNS
    # Copies of a tracker, which Rasa makes, ask as well.
    copied = tracker.copy()
    assert texts(recalled_user_context(copied))[-1] == LONG_AGO


async def test_no_turn_is_there_twice_and_none_of_this_session(store):
    await talked(store, LONG_AGO, "敦煌好远")
    tracker = await asked(store, "敦煌的日出好看")
    say(tracker, "敦煌的日出好看")
    await store.save(tracker)
    tracker = await store.retrieve("alice")
    tracker.update(UserUttered("还是敦煌的日出"))
    found = texts(recalled_user_context(tracker))
    assert found[-1] == LONG_AGO
    assert len([text for text in found if "敦煌" in text]) == 2
    assert "敦煌的日出好看" not in found


async def test_what_was_to_be_forgotten_is_not_recalled(store):
    await talked(store, LONG_AGO, "刚才说的别记", *(f"第{n}种面" for n in range(15)))
    tracker = await asked(store, "敦煌的日出是什么样的")
    assert LONG_AGO not in texts(recalled_user_context(tracker))


@pytest.mark.parametrize("text", ["/greet", "", "今天天气"])
async def test_what_names_nothing_recalls_nothing(store, text):
    await talked(store, LONG_AGO)
    tracker = await asked(store, text)
    assert recalled_user_context(tracker) == current_user_context(tracker)


async def test_a_database_that_is_away_or_slow_costs_no_answer(store, monkeypatch):
    await talked(store, LONG_AGO)
    tracker = await asked(store, "敦煌的日出是什么样的")
    known = current_user_context(tracker)

    def slow(*_, **__):
        time.sleep(2)

    with monkeypatch.context() as patched:
        patched.setattr(store._repository, "recall", slow)
        began = time.perf_counter()
        assert recalled_user_context(tracker) == known
        assert time.perf_counter() - began < 1.5
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE turn_terms")
    assert recalled_user_context(tracker) == known
