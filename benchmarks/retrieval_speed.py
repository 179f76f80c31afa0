"""The index of passages against rank-bm25: time per query, of building, of adding.

Entries are made by the script (`_entries.py`), two or three wordings and an answer
each. Queries are wordings turned round, with words by which one asks. All sides take
the queries in turns, so that whatever else the machine does falls on all.

rank-bm25 gets once what our own BM25 gets, the same terms of the same texts (`same`),
and once what it usually gets, the words of each entry as one text (`words`), with which
it cannot tell which wording is near. bm25s (`bm25s`) gets what our own gets. Both are
needed for this script only:

    pip install 'personal-chat[bench]'

Run it from the project's root; a million entries need 6 GB:

    PYTHONPATH=. python benchmarks/retrieval_speed.py [--entries 100000] [--queries 300]
    PYTHONPATH=. python benchmarks/retrieval_speed.py --entries 1000000 --against none
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _entries import entries, queries

from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import migrate
from framework_plugin.retrieval import (
    LiveIndex,
    Passage,
    PassageIndex,
    TermExtractor,
    bm25,
)
from framework_plugin.retrieval.store import DocumentRepository
from framework_plugin.retrieval.wordings import support, wordings

Rival = Callable[[str], object]
LABELS = {
    "same": "rank-bm25, same terms",
    "words": "rank-bm25, words",
    "bm25s": "bm25s, same terms",
}
PAGE = resource.getpagesize()


def memory() -> float:
    """What this process has in memory, in MB."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * PAGE / 1e6


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def shown(times: Sequence[float]) -> str:
    """Median, 95th percentile and longest, in milliseconds."""
    p95 = float(np.percentile(times, 95))
    return (
        f"p50 {statistics.median(times) * 1e3:7.2f} ms, p95 {p95 * 1e3:7.2f} ms, "
        f"longest {max(times) * 1e3:7.2f} ms"
    )


class Rank:
    """rank-bm25 over texts: the best five of them."""

    def __init__(self, texts: Sequence[str], terms: Callable[[str], Any]) -> None:
        from rank_bm25 import BM25Okapi

        self._terms = terms
        self._bm25 = BM25Okapi([list(terms(text)) for text in texts])

    def __call__(self, query: str) -> object:
        """The places of the best texts."""
        scores = self._bm25.get_scores(list(self._terms(query)))
        return np.argpartition(scores, -5)[-5:]


class Sparse:
    """bm25s over texts: the best five of them."""

    def __init__(self, texts: Sequence[str], terms: Callable[[str], Any]) -> None:
        import bm25s

        self._terms = terms
        self._bm25 = bm25s.BM25()
        corpus = [list(terms(text)) for text in texts]
        self._bm25.index(corpus, create_empty_token=False, show_progress=False)

    def __call__(self, query: str) -> object:
        """The places of the best texts."""
        known = self._bm25.vocab_dict
        terms = [term for term in self._terms(query) if term in known]
        return np.argpartition(self._bm25.get_scores(terms), -5)[-5:]


def build(made: Sequence[Passage]) -> PassageIndex:
    """Our index, with what it cost."""
    PassageIndex(made[:100])  # Loads dictionaries.
    gc.collect()
    before, start, processor = memory(), time.perf_counter(), time.process_time()
    index = PassageIndex(made)
    wall, own = time.perf_counter() - start, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"built in {wall:.1f} s ({own:.1f} s of processor), {memory() - before:.0f} MB "
        f"beside the entries ({before:.0f} MB with the program), at most {peak:.0f} MB"
    )
    return index


def rivals(made: Sequence[Passage], names: Sequence[str]) -> dict[str, Rival]:
    """The indexes of others, with what they cost."""
    extract = TermExtractor.default()
    texts = [text for p in made for text in (*wordings(p), support(p))]
    whole = ["\n".join((*passage.questions, passage.text)) for passage in made]
    makers: dict[str, Callable[[], Rival]] = {
        "same": lambda: Rank(texts, extract),
        "words": lambda: Rank(whole, extract.words),
        "bm25s": lambda: Sparse(texts, extract),
    }
    found = {}
    for name in names:
        before, start = memory(), time.perf_counter()
        found[name] = makers[name]()
        took, grown = time.perf_counter() - start, memory() - before
        print(f"{LABELS[name]:21s} built in {took:.1f} s, {grown:.0f} MB")
    return found


def compare(
    index: PassageIndex, others: dict[str, Rival], asked: Sequence[str], few: int
) -> None:
    """Times queries in turns; the slow side gets only the first few."""
    own, processor = [], []
    theirs: dict[str, list[float]] = {name: [] for name in others}
    for query in asked[:20]:
        index.search(query)
    for number, query in enumerate(asked):
        before = time.thread_time()
        own.append(seconds(lambda q=query: index.search(q)))  # type: ignore[misc]
        processor.append(time.thread_time() - before)
        if number < few:
            for name, other in others.items():
                theirs[name].append(seconds(lambda q=query, o=other: o(q)))  # type: ignore[misc]
    print(f"a query, ours: {shown(own)}")
    print(f"  its time of processor: {shown(processor)}")
    for name, times in theirs.items():
        ratio = statistics.median(times) / statistics.median(own[:few])
        print(f"a query, {LABELS[name]}: {shown(times)}, {ratio:.1f} times as long")


def check(index: PassageIndex, asked: Sequence[str]) -> None:
    """What reading few places of the index costs in what is found."""
    budget = bm25.POSTINGS
    first = [[hit.score for hit in index.search(query, 1)] for query in asked]
    bm25.POSTINGS = 10**9
    own = [seconds(lambda q=query: index.search(q)) for query in asked]  # type: ignore[misc]
    whole = [[hit.score for hit in index.search(query, 1)] for query in asked]
    bm25.POSTINGS = budget
    same = statistics.mean(
        bool(np.allclose(a, b)) if len(a) == len(b) else False
        for a, b in zip(first, whole, strict=True)
    )
    print(f"reading all of the index:  {shown(own)}; the same best score: {same:.1%}")


def change(index: PassageIndex, asked: Sequence[str], times: int) -> None:
    """How soon a document that is added to the database is found, and merging."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/rasa.db")
        migrate(engine)
        repository = DocumentRepository(engine, Path(folder))
        live = LiveIndex(index, lambda: repository, time.time)
        took = [_found_after(live, repository, Path(folder), n) for n in range(times)]
        print(f"a document added is found after: {shown(took)}")
        merging = threading.Thread(target=lambda: print(_merged(live.current())))
        during = []
        merging.start()
        while merging.is_alive():
            query = asked[len(during) % len(asked)]
            during.append(seconds(lambda q=query: live.search(q)))  # type: ignore[misc]
        print(f"a query while all is merged: {shown(during)} ({len(during)} queries)")
        engine.dispose()


def _merged(index: PassageIndex) -> str:
    return f"merged into one part in {seconds(index.merged):.1f} s"


def _found_after(
    live: LiveIndex, repository: DocumentRepository, folder: Path, number: int
) -> float:
    """Seconds from the end of `add` until a request finds the document."""
    file = folder / f"{number}.csv"
    file.write_text(f"问题,答案\n第{number}号猫粮几天送到,三天\n", encoding="utf-8")
    repository.add(file, at=time.time())
    start = time.perf_counter()
    question = f"第{number}号猫粮几天送到"
    while file.name not in [hit.passage.document for hit in live.search(question, 1)]:
        time.sleep(0.01)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--few", type=int, default=20, help="queries of the others")
    choices = ["none", *LABELS]
    parser.add_argument("--against", nargs="*", default=choices[1:], choices=choices)
    options = parser.parse_args()
    made = list(entries(options.entries))
    asked = queries(options.queries, made)
    texts = sum(len(passage.questions) + 1 for passage in made)
    print(f"{len(made):,} entries, {texts:,} texts")
    index = build(made)
    names = [name for name in options.against if name != "none"]
    compare(index, rivals(made, names), asked, options.few)
    check(index, asked[:100])
    change(index, asked, 10)


if __name__ == "__main__":
    main()
