"""What Prometheus is told; no value tells of a single user.

With several processes the variable PROMETHEUS_MULTIPROC_DIR names a folder that they
share; it must be set before this is imported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from framework_plugin.components.serving.turn import TurnRecord

_SECONDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0),
)
_PREFIX = "personal_chat_"

TURN_SECONDS = Histogram(
    f"{_PREFIX}turn_seconds", "Whole turns.", ["channel"], buckets=_SECONDS
)
PART_SECONDS = Histogram(
    f"{_PREFIX}turn_part_seconds",
    "Parts of turns; one that lies within another counts only there.",
    ["part"],
    buckets=_SECONDS,
)
TURNS = Counter(f"{_PREFIX}turns", "Turns, by how they ended.", ["channel", "outcome"])
ANSWERS = Counter(
    f"{_PREFIX}answers", "Turns with an answer, by where it came from.", ["source"]
)
UNDER_WAY = Gauge(
    f"{_PREFIX}turns_under_way",
    "Messages that are being answered, or wait for it.",
    multiprocess_mode="livesum",
)
HEARING_SECONDS = Histogram(
    f"{_PREFIX}hearing_seconds",
    "Recordings, from the file to its words or to why there are none.",
    ["outcome"],
    buckets=_SECONDS,
)
SPEECH_HEARD = Counter(
    f"{_PREFIX}speech_heard_seconds", "Length of the recordings that were understood."
)
STORE_FAILURES = Counter(
    f"{_PREFIX}tracker_store_failures",
    "Times that the database could not be used.",
    ["operation"],
)
JOURNAL = Gauge(
    f"{_PREFIX}journal_waiting",
    "1 while turns wait in the journal for the database.",
    multiprocess_mode="livemax",
)
RESIDENT = Gauge(
    f"{_PREFIX}resident_bytes",
    "Memory of the processes that answer.",
    multiprocess_mode="livesum",
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def count_turn(turn: TurnRecord, *, failed: bool) -> None:
    """Counts a turn that is over."""
    RESIDENT.set(_resident_bytes())
    TURN_SECONDS.labels(turn.channel).observe(turn.clock.total)
    for name, seconds in turn.clock.seconds.items():
        PART_SECONDS.labels(name).observe(seconds)
    TURNS.labels(turn.channel, "failed" if failed else "answered").inc()
    if turn.source is not None:
        ANSWERS.labels(turn.source.value).inc()


class StoreWatch:
    """Counts what a tracker store has counted since the last look."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def look(self, failures: Mapping[str, int], *, journal: bool) -> None:
        """Takes over the figures of a store.

        Args:
            failures: How often each of its operations failed.
            journal: Whether turns wait for the database.
        """
        for operation, count in failures.items():
            new = count - self._seen.get(operation, 0)
            STORE_FAILURES.labels(operation).inc(new)
            self._seen[operation] = count
        JOURNAL.set(journal)


def exposition() -> bytes:
    """All of it, of all processes, as Prometheus reads it."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
