"""The tracker store on real database servers."""

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from sqlalchemy.engine import make_url

from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.corpus.user_context import FactKind


@pytest.mark.slow
@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
async def test_turns_and_facts_survive_on_a_server(server, request):
    url = make_url(request.getfixturevalue(server))
    keys = {"dialect": url.drivername, "username": url.username, "db": url.database}
    keys |= {"host": url.host, "port": url.port, "query": dict(url.query)}
    said = ["今天吃𠮷野家😀", "我叫欧阳翀", "我喜欢攀岩"]
    for text in said:
        store = MemoryTrackerStore(Domain.empty(), **keys)
        tracker = await store.get_or_create_tracker("tang", append_action_listen=False)
        tracker.update(ActionExecuted("action_session_start"))
        tracker.update(SessionStarted())
        tracker.update(UserUttered(text))
        tracker.update(SlotSet("generated_reply", "好"))
        tracker.update(BotUttered("好"))
        await store.save(tracker)
        await store.save(tracker)
        store.engine.dispose()
    store = MemoryTrackerStore(Domain.empty(), **keys)
    latest = await store.retrieve("tang")
    assert latest.latest_message.text == "我喜欢攀岩"
    assert latest.user_context.values(FactKind.NAME) == ("欧阳翀",)
    assert len(latest.user_context.earlier_turns) == 4
    theirs = SQLTrackerStore(Domain.empty(), **keys)
    for reader in (store, theirs):
        full = await reader.retrieve_full_tracker("tang")
        texts = [e.text for e in full.events if isinstance(e, UserUttered)]
        assert texts == said
        assert not any(isinstance(e, SlotSet) for e in full.events)
