"""What masking and encryption cost a turn: the same turns in three stores, in turn.

A turn is a `retrieve`, the six events of an answered message, and a `save`, as in
`benchmarks/tracker_store.py`; every fifth message holds a phone number. Medians in
milliseconds on SQLite files, the first twenty turns left out, and the sizes of the
files.

Run from the project's root:

    python benchmarks/privacy.py [--turns 200]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from rasa.shared.core.events import UserUttered
from tqdm import tqdm
from tracker_store import DOMAIN, converse, session, turn

from framework_plugin.components.tracker_store import MemoryTrackerStore

WARM_UP = 20
STORES: dict[str, dict[str, Any]] = {
    "plain": {"masking": False},
    "masked": {},
    "masked and encrypted": {"encryption_key": Fernet.generate_key().decode()},
}


def message(number: int) -> list[Any]:
    """The events of a turn; now and then with a number to hide."""
    events = turn(number)
    if number % 5 == 0:
        said = events[0]
        text = f"{said.text}我的电话是13812345678"
        events[0] = UserUttered(text, said.intent, [], dict(said.parse_data, text=text))
    return events


async def measure(folder: Path, turns: int) -> dict[str, tuple[list[float], int]]:
    """Seconds of each turn, and bytes of each file, by store."""
    stores = {
        name: MemoryTrackerStore(DOMAIN, db=str(folder / f"{name}.db"), **options)
        for name, options in STORES.items()
    }
    spent: dict[str, list[float]] = {name: [] for name in stores}
    for number in tqdm(range(turns + WARM_UP), "turns"):
        for name, store in stores.items():
            events = session() if number == 0 else message(number)
            started = time.perf_counter()
            await converse(store, events)
            spent[name].append(time.perf_counter() - started)
    for store in stores.values():
        store.memory.repository.clear_log()
    return {
        name: (spent[name][WARM_UP:], (folder / f"{name}.db").stat().st_size)
        for name in stores
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=200)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), parser.parse_args().turns))
    first = statistics.median(found["plain"][0])
    for name, (seconds, size) in found.items():
        median = statistics.median(seconds)
        print(
            f"{name:22} {1e3 * median:6.2f} ms a turn, {1e3 * (median - first):+5.2f}; "
            f"{size / 1024:5.0f} KiB"
        )


if __name__ == "__main__":
    main()
