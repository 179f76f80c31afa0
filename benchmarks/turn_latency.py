"""A whole turn through Rasa's Agent: p50, p95 and the share of each part.

Talks to the newest model in `models/` in this process, with a fresh SQLite database and
the action server beside it, in new conversations of `--turns` messages each. Messages
are first wordings of the development dialogues, so they are new to the generator. Of
one long conversation it also says whether the last turns take longer than the first;
`--stock` keeps it in Rasa's own store.

Run from the project's root after `make train`:

    python benchmarks/turn_latency.py [--conversations 20] [--turns 6]
    python benchmarks/turn_latency.py --conversations 1 --turns 1000 [--stock]
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from framework_plugin.cli.action_server import running_actions
from framework_plugin.cli.project import chosen_model
from framework_plugin.cli.silence import import_rasa

DEVELOPMENT = Path("nlu_data/dialogues/dev")
ENDPOINTS = """
tracker_store:
  type: {store}
  dialect: sqlite
  db: {database}
action_endpoint:
  url: http://localhost:5055/webhook
"""


OURS = "framework_plugin.components.tracker_store.MemoryTrackerStore"
WARM_UP, COMPARED = 5, 20


class Stopwatch:
    """Adds up the time spent in methods, those inside others taken off."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._open: list[float] = []

    def watch(self, holder: Any, method: str, part: str) -> None:
        """Measures a method of a class or object from now on."""
        original: Callable[..., Any] = getattr(holder, method)
        if asyncio.iscoroutinefunction(original):

            @functools.wraps(original)
            async def timed(*args: Any, **kwargs: Any) -> Any:
                started = self._begin()
                try:
                    return await original(*args, **kwargs)
                finally:
                    self._end(part, started)
        else:

            @functools.wraps(original)
            def timed(*args: Any, **kwargs: Any) -> Any:
                started = self._begin()
                try:
                    return original(*args, **kwargs)
                finally:
                    self._end(part, started)

        setattr(holder, method, timed)

    def _begin(self) -> float:
        self._open.append(0.0)
        return time.perf_counter()

    def _end(self, part: str, started: float) -> None:
        took = time.perf_counter() - started
        self.spent[part] += took - self._open.pop()
        if self._open:
            self._open[-1] += took


def messages(count: int) -> list[str]:
    """First wordings of the development dialogues, in a fixed random order."""
    lines = [
        line[3:].split(" | ")[0]
        for file in sorted(DEVELOPMENT.glob("*.txt"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("U: ") and "{" not in line
    ]
    random.Random(7).shuffle(lines)
    return (lines * (count // len(lines) + 1))[:count]


async def talk(agent: Any, watch: Stopwatch, conversations: int, turns: int) -> None:
    said = messages(conversations * turns)
    times = []
    for index, text in enumerate(said):
        started = time.perf_counter()
        await agent.handle_text(text, sender_id=f"user{index // turns}")
        times.append((time.perf_counter() - started) * 1000)
    if conversations == 1:
        times = times[WARM_UP:]
        first, last = (
            statistics.median(part) for part in (times[:COMPARED], times[-COMPARED:])
        )
        print(
            f"median of the first {COMPARED} turns {first:.1f} ms, of the last "
            f"{last:.1f} ms: {last / first:.2f} times"
        )
    else:
        times = times[turns:]  # the first conversation warms up
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"{len(times)} turns: p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms"
    )
    whole = watch.spent["rest of Rasa"] + sum(
        spent for part, spent in watch.spent.items() if part != "rest of Rasa"
    )
    for part, spent in sorted(watch.spent.items(), key=lambda item: -item[1]):
        print(f"  {part:28s} {spent / len(said) * 1000:7.1f} ms  {spent / whole:6.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=20)
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--stock", action="store_true", help="Rasa's own store")
    arguments = parser.parse_args()
    model = chosen_model(None)
    if model is None:
        raise SystemExit("There is no model. Train one first: make train")
    import_rasa(verbose=False)
    from rasa.core.processor import MessageProcessor
    from rasa.core.tracker_store import SQLTrackerStore

    from framework_plugin.cli.assistant import load_agent, services
    from framework_plugin.components.tracker_store import MemoryTrackerStore
    from framework_plugin.generation.serving.generator import ResponseGenerator

    store = SQLTrackerStore if arguments.stock else MemoryTrackerStore
    watch = Stopwatch()
    parts = [
        (MessageProcessor, "handle_message", "rest of Rasa"),
        (MessageProcessor, "parse_message", "understanding (NLU)"),
        (MessageProcessor, "_predict_next_with_tracker", "policies without generator"),
        (ResponseGenerator, "reply", "generator"),
        (MessageProcessor, "_run_action", "actions and responses"),
        (store, "retrieve", "tracker store, read"),
        (store, "save", "tracker store, write"),
    ]
    for holder, method, part in parts:
        watch.watch(holder, method, part)
    with tempfile.TemporaryDirectory() as folder:
        endpoints = Path(folder) / "endpoints.yml"
        text = ENDPOINTS.format(
            store="sql" if arguments.stock else OURS, database=Path(folder) / "bench.db"
        )
        endpoints.write_text(text, encoding="utf-8")
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        with running_actions(endpoints, verbose=False) as actions:
            loading = load_agent(model, services(endpoints, actions.url))
            agent = loop.run_until_complete(loading)
            actions.wait_until_ready()
            watch.spent.clear()
            loop.run_until_complete(
                talk(agent, watch, arguments.conversations, arguments.turns)
            )


if __name__ == "__main__":
    main()
