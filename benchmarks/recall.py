"""What it costs to find what one user ever said, and to keep it findable.

The turns are pairs of sentences of the bundled dialogues, of one user and some others
in one SQLite file. The alternative is SQLite's own full-text index (FTS5, ranked by its
bm25) over the same words of the same turns; both search with the same words and read
the same number of messages. Questions: the two rarest words of a turn of the one user,
as somebody remembers it, drawn at random from those that these words tell from all
others. Ours and the alternative take turns; medians in milliseconds, of the clock and
of the processor, which other work on the machine lengthens less.

Then whole turns through `MemoryTrackerStore`, every other one without the index, for
what keeping it costs.

Run from the project's root:

    python benchmarks/recall.py [--turns 100000] [--questions 300] [--saves 200]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    SessionStarted,
    UserUttered,
)
from sqlalchemy.engine import Connection, Engine

from framework_plugin.components import tracker_store
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.reader import read_corpus
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.history import message_text
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.search import TEXTS, SearchSettings
from framework_plugin.memory.tables import events, turn_terms
from framework_plugin.memory.terms import content_terms, importance

USER = "alice"
BEGIN, GAP = 1_600_000_000.0, 600.0
"""When the first turn was, and the seconds from one to the next."""

SHOWN = 6
SETTINGS = SearchSettings(budget=10_000, most=SHOWN)
BATCH = 5_000
FTS_TABLE = "CREATE VIRTUAL TABLE full_text USING fts5(user, words)"
FTS_INSERT = "INSERT INTO full_text (rowid, user, words) VALUES (?, ?, ?)"
FTS_BEST = (
    "SELECT rowid FROM full_text WHERE full_text MATCH ? "
    f"ORDER BY bm25(full_text, 0.0, 1.0) LIMIT {SHOWN}"
)


def sentences(folder: Path) -> list[str]:
    """All that users say in the bundled dialogues, each once."""
    said: dict[str, None] = {}
    for script in read_corpus(folder).scripts:
        for turn in script.turns:
            if turn.speaker is Speaker.USER:
                said.update(dict.fromkeys(turn.alternatives))
    return list(said)


def fill(engine: Engine, user: str, texts: Sequence[str], last: int) -> None:
    """Writes turns, our index and the full-text index, behind the row `last`."""
    for first in range(0, len(texts), BATCH):
        batch = list(enumerate(texts[first : first + BATCH], start=last + first + 1))
        terms = {number: content_terms(text) for number, text in batch}
        with engine.begin() as connection:
            connection.execute(
                sa.insert(events), [row(user, number, text) for number, text in batch]
            )
            connection.execute(
                sa.insert(turn_terms),
                [
                    {
                        "sender_id": user,
                        "term": term,
                        "event_id": number,
                        "said_at": BEGIN + GAP * number,
                        "importance": importance(text, taught=False),
                    }
                    for number, text in batch
                    for term in terms[number]
                ],
            )
            connection.exec_driver_sql(
                FTS_INSERT,
                [(n, user, " ".join(found)) for n, found in terms.items()],
            )


def row(user: str, number: int, text: str) -> dict[str, Any]:
    """A message as Rasa's store keeps it, with a ranking of ten intents."""
    ranking = [{"name": f"intent_{n}", "confidence": 0.1} for n in range(10)]
    parsed = {"intent": ranking[0], "intent_ranking": ranking, "text": text}
    at = BEGIN + GAP * number
    data = {"event": "user", "timestamp": at, "text": text, "parse_data": parsed}
    return {
        "id": number,
        "sender_id": user,
        "type_name": "user",
        "timestamp": at,
        "data": json.dumps(data),
    }


def ours(repository: MemoryRepository, question: str, now: float) -> list[str]:
    return [
        one.text for one in repository.recall(USER, question, now, settings=SETTINGS)
    ]


def full_text(connection: Connection, question: str) -> list[str]:
    """The same with SQLite's full-text index."""
    words = " OR ".join(f'"{term}"' for term in content_terms(question))
    asked = f"user : {USER} AND words : ({words})"
    ids = connection.exec_driver_sql(FTS_BEST, (asked,)).scalars().all()
    rows = connection.execute(TEXTS, {"user": USER, "ids": ids})
    texts = {row.id: message_text(row.data) for row in rows}
    return [text for id_ in ids if (text := texts.get(id_))]


def rarest_pair(terms: Sequence[str], often: Counter[str]) -> tuple[str, ...]:
    """The two words of a message that come least often, in order of the alphabet."""
    return tuple(sorted(sorted(terms, key=lambda term: often[term])[:2]))


def compare(
    engine: Engine, texts: Sequence[str], asked: int, rng: random.Random
) -> None:
    """Prints medians, and how often the turn that was meant is shown."""
    repository = MemoryRepository(engine)
    terms = {text: content_terms(text) for text in texts}
    often = Counter(term for text in texts for term in terms[text])
    pairs = {text: rarest_pair(found, often) for text, found in terms.items()}
    holders = Counter(
        pair for found in terms.values() for pair in combinations(sorted(found), 2)
    )
    # Only messages that their two words tell from all others.
    tellable = [text for text, pair in pairs.items() if holders[pair] == 1]
    now = BEGIN + GAP * 10 * len(texts)
    spent: dict[str, list[float]] = {"ours": [], "FTS5": []}
    busy: dict[str, list[float]] = {"ours": [], "FTS5": []}
    found: Counter[str] = Counter()

    def by_full_text(question: str) -> list[str]:
        with repository.reading() as connection:
            return full_text(connection, question)

    ways: dict[str, Callable[[str], list[str]]] = {
        "ours": lambda question: ours(repository, question, now),
        "FTS5": by_full_text,
    }
    for number in range(asked + 1):
        meant = rng.choice(tellable)
        question = " ".join(pairs[meant])
        for name, way in ways.items():
            started, before = time.perf_counter(), time.thread_time()
            shown = way(question)
            # The first question opens a connection.
            if number:
                spent[name].append(time.perf_counter() - started)
                busy[name].append(time.thread_time() - before)
                found[name] += meant in shown
    medians = {name: statistics.median(times) for name, times in spent.items()}
    for name, times in spent.items():
        worked = 1e3 * statistics.median(busy[name])
        worst = sorted(times)[int(0.95 * len(times))]
        print(
            f"{name:5} median {1e3 * medians[name]:7.2f} ms   95% below "
            f"{1e3 * worst:7.2f} ms   processor {worked:7.2f} ms   "
            f"shown {found[name]}/{asked}"
        )
    print(f"ours {medians['FTS5'] / medians['ours']:.1f} times as fast as FTS5")


def sizes(engine: Engine, turns: int) -> None:
    """Prints what the two indexes take in the file."""
    query = "SELECT SUM(pgsize) FROM dbstat WHERE name LIKE ?"
    with engine.connect() as connection:
        for name in ("turn_terms", "full_text%", "events"):
            try:
                taken = connection.exec_driver_sql(query, (name,)).scalar() or 0
            except sa.exc.OperationalError:
                return
            print(f"{name:11} {taken / turns:6.0f} bytes a turn")


async def saving(folder: str, texts: Sequence[str], saves: int) -> None:
    """Prints what a saved turn costs with and without the index."""
    store = MemoryTrackerStore(Domain.empty(), db=f"{folder}/turns.db")
    tracker = await store.get_or_create_tracker(USER, append_action_listen=False)
    tracker.update(SessionStarted())
    await store.save(tracker)
    spent: dict[bool, list[float]] = {True: [], False: []}
    for number, text in enumerate(texts[: 2 * saves]):
        indexed = number % 2 == 0
        tracker = await store.get_or_create_tracker(USER, append_action_listen=False)
        for event in (
            UserUttered(text),
            ActionExecuted("utter_generated"),
            BotUttered("好"),
            ActionExecuted("action_listen"),
        ):
            tracker.update(event)
        nothing = patch.object(tracker_store, "note_message", lambda *_: None)
        with nullcontext() if indexed else nothing:
            started = time.process_time()
            await store.save(tracker)
            spent[indexed].append(time.process_time() - started)
    plain, with_index = (statistics.median(spent[kind]) for kind in (False, True))
    print(
        f"a saved turn, processor: {1e3 * plain:.2f} ms without the index, "
        f"{1e3 * with_index:.2f} ms with it ({1e3 * (with_index - plain):+.2f} ms)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=100_000)
    parser.add_argument("--others", type=int, default=3, help="users beside the one")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--saves", type=int, default=200)
    parser.add_argument("--corpus", type=Path, default=Path("nlu_data/dialogues/train"))
    arguments = parser.parse_args()
    rng = random.Random(7)
    said = sentences(arguments.corpus)
    texts = ["，".join(rng.sample(said, 2)) for _ in range(arguments.turns)]
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/recall.db")
        MemoryRepository(engine).migrate()
        with engine.begin() as connection:
            connection.exec_driver_sql(FTS_TABLE)
        fill(engine, USER, texts, 0)
        for number in range(arguments.others):
            others = ["，".join(rng.sample(said, 2)) for _ in texts]
            fill(engine, f"other{number}", others, (number + 1) * len(texts))
        print(f"{len(texts):,} turns of each of {arguments.others + 1} users")
        compare(engine, texts, arguments.questions, rng)
        sizes(engine, len(texts) * (arguments.others + 1))
        asyncio.run(saving(folder, texts, arguments.saves))


if __name__ == "__main__":
    main()
