"""What a turn costs in the tracker store: Rasa's `SQLTrackerStore` against ours.

A turn is a `retrieve`, the events of an answered message, and a `save`. Both stores
take their turns on the same database, one after the other; first each case is filled
through our store. Ours takes three turns to each of Rasa's: right behind one that has
read 25,000 events, any turn finds the processor's caches full of them. Medians in
milliseconds, and how many times faster ours is.

Run from the project's root:

    python benchmarks/tracker_store.py [--url postgresql://user@host:port/database]
        [--turns 9] [--cases short,long,sessions]

With a server, name an empty database: its tables are filled, and dropped at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from tqdm import tqdm

from framework_plugin.components.stored_events import as_row
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.tables import events, metadata

USER = "alice"
DOMAIN = Domain.from_yaml(
    """
version: "3.1"
slots:
  topic: {type: text, mappings: [{type: custom}]}
"""
)
INTENTS = [f"intent_{number}" for number in range(10)]
CASES = {
    "short": ("one session, 500 events", 1, 83),
    "long": ("one session, 25,000 events", 1, 4_166),
    "sessions": ("5,000 sessions, 265,000 events", 5_000, 9),
}
"""By name: what it is, its sessions, and the turns of each."""


def turn(number: int) -> list[Event]:
    """Six events of an answered message, as Rasa leaves them on a tracker."""
    ranking = [{"name": name, "confidence": 0.1} for name in INTENTS]
    parsed: Any = {"intent": ranking[0], "intent_ranking": ranking, "entities": []}
    text = f"今天第{number}次问你,明天会不会下雨?"
    return [
        UserUttered(text, ranking[0], [], parsed, input_channel="rest"),
        SlotSet("topic", f"天气{number % 7}"),
        ActionExecuted("action_answer", policy="policy_1_TEDPolicy", confidence=0.9),
        BotUttered("我看不到天气预报,出门带把伞总不会错。"),
        ActionExecuted("utter_anything_else", policy="policy_1_TEDPolicy"),
        ActionExecuted("action_listen", policy="policy_1_TEDPolicy", confidence=1.0),
    ]


def session() -> list[Event]:
    """How a session begins."""
    started = [ActionExecuted("action_session_start"), SessionStarted()]
    return [*started, ActionExecuted("action_listen")]


async def converse(store: TrackerStore, new: list[Event]) -> None:
    """One turn: what Rasa asks of a store for a message."""
    tracker = await store.get_or_create_tracker(USER, append_action_listen=False)
    for event in new:
        tracker.update(event)
    await store.save(tracker)


async def fill(store: MemoryTrackerStore, sessions: int, turns: int) -> None:
    """Earlier sessions as rows, the last one through the store, turn by turn."""
    for first in tqdm(range(0, sessions - 1, 250), "sessions", disable=sessions == 1):
        rows = [
            as_row(USER, event)
            for number in range(first, min(first + 250, sessions - 1))
            for event in _whole(number, turns)
        ]
        with store.engine.begin() as connection:
            connection.execute(sa.insert(events), rows)
    await converse(store, session())
    for number in tqdm(range(turns), "turns", disable=turns < 100):
        await converse(store, turn(number))


def settle(engine: sa.engine.Engine) -> None:
    """Lets PostgreSQL do at once what it does in the minutes after so many new rows."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
                alone.exec_driver_sql(statement)


def _whole(number: int, turns: int) -> Iterator[Event]:
    yield from session()
    for step in range(turns):
        yield from turn(number * turns + step)


async def compare(url: sa.engine.URL, case: str, turns: int) -> tuple[float, float]:
    """Median seconds of a turn, of Rasa's store and of ours."""
    _, sessions, length = CASES[case]
    ours = MemoryTrackerStore(DOMAIN, **keys(url))
    await fill(ours, sessions, length)
    settle(ours.engine)
    stock = SQLTrackerStore(DOMAIN, **keys(url))
    spent: dict[TrackerStore, list[float]] = {ours: [], stock: []}
    for number in range(turns + 1):
        for store in (ours, ours, ours, stock):
            new = turn(number)
            started = time.perf_counter()
            await converse(store, new)
            spent[store].append(time.perf_counter() - started)
    metadata.drop_all(ours.engine)
    for store in (ours, stock):
        store.engine.dispose()
    # The first of each opens a connection.
    return tuple(statistics.median(spent[s][1:]) for s in (stock, ours))


def keys(url: sa.engine.URL) -> dict[str, Any]:
    """The keys of `endpoints.yml` for a database, as both stores take them."""
    return {
        "dialect": url.drivername,
        "host": url.host,
        "port": url.port,
        "db": url.database,
        "username": url.username,
        "password": url.password,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="of a server's database; SQLite if left out")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--cases", default=",".join(CASES))
    arguments = parser.parse_args()
    first = 0.0
    for case in arguments.cases.split(","):
        with tempfile.TemporaryDirectory() as folder:
            url = arguments.url or f"sqlite:///{Path(folder) / 'rasa.db'}"
            stock, ours = asyncio.run(
                compare(sa.engine.make_url(url), case, arguments.turns)
            )
        first = first or ours
        print(
            f"{CASES[case][0]:32} stock {1e3 * stock:9.2f} ms   ours {1e3 * ours:6.2f} "
            f"ms   {stock / ours:6.1f} times faster, {ours / first:.2f} of the first "
            "case",
            flush=True,
        )


if __name__ == "__main__":
    main()
