"""How well questions find their answers in public sets: BM25, formula, learned judge.

    faq_epidemic   train_20200228.csv, the pairs of medical questions of the contest on
                   epidemic questions (Tianchi, 2020): `query1` are the entries; a
                   `query2` with label 1 must find its own. Entries, and questions, that
                   differ in signs or spelling only are one.
    faq_bank       sim_webank.csv (yongzhuo, MIT): `sentence1` are the entries,
                   `sentence2` the questions. Many mean the same as others
                   without being marked so: all figures are low.
    faq_egret      egret_wenda_*.txt (EgretWenda corpus, Apache-2.0): a question of a
                   forum must find its best answer among all of them, though few
                   share words.

Protocol of what is learned (faq_epidemic, faq_bank). Five folds; all questions about an
entry are in one fold (a
question about several goes with the first). A judge learns from the pairs of four
folds, of either label, and ranks the questions of the fifth among all entries, those of
the four included. The formula and BM25 learn nothing. accuracy@1 and MRR@10 over
questions with label 1; AUC over all pairs: that one with label 1 is scored above one
with label 0; a pair whose entry is no candidate is last. `answered` is the share of
questions that a threshold leaves over from which 95 % are right.

BM25: bm25s (its default, Lucene) over the words of jieba without signs, normalised as
ours are.

Nothing is kept of the data. They are looked for by the names of their files:

    PYTHONPATH=. python benchmarks/retrieval_quality.py --data DIR [--vectors own|FILE]
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np

from framework_plugin.evaluation.calibration import (
    expected_calibration_error,
    reliability,
)
from framework_plugin.retrieval import Passage, PassageIndex, TermExtractor
from framework_plugin.retrieval.cases import Question, cases
from framework_plugin.retrieval.decoding import read_text
from framework_plugin.retrieval.sentence_vectors import Remembering, WordMeans
from framework_plugin.retrieval.validation import validated
from framework_plugin.text.segment import create_segmenter

LIMIT = 10
SEED = 5


@dataclass(frozen=True)
class Bench:
    """Entries, and questions with the numbers of the entries that answer them."""

    entries: list[Passage]
    questions: list[Question]


def words(text: str) -> list[str]:
    segment = create_segmenter().norms
    return [word for word in segment(text) if any(map(str.isalnum, word))]


def ranks(found: Sequence[Sequence[str]], questions: Sequence[Question]) -> str:
    """accuracy@1, recall@5 and MRR@10 of lists of ids, best first."""
    first = fifth = reciprocal = 0.0
    for ids, question in zip(found, questions, strict=True):
        places = [i for i, id_ in enumerate(ids[:LIMIT]) if id_ in question.right]
        if places:
            first += places[0] == 0
            fifth += places[0] < 5
            reciprocal += 1 / (places[0] + 1)
    count = len(questions)
    return (
        f"accuracy@1 {first / count:.4f}  recall@5 {fifth / count:.4f}  "
        f"MRR@10 {reciprocal / count:.4f}"
    )


class Bm25:
    """BM25 over words; each entry one text.

    Args:
        entries: Those with questions are found by these, others by their text.
    """

    def __init__(self, entries: Sequence[Passage]) -> None:
        self._ids = np.array([entry.id for entry in entries])
        texts = [words(" ".join(e.questions) or e.text) for e in entries]
        self._index = bm25s.BM25()
        self._index.index(texts, show_progress=False)

    def __call__(self, text: str) -> list[str]:
        """The ids of the best entries, the best first."""
        known = [word for word in words(text) if word in self._index.vocab_dict]
        if not known:
            return []
        scores = self._index.get_scores(known)
        best = np.argsort(-scores, kind="stable")[:LIMIT]
        return [str(id_) for id_ in self._ids[best] if scores[best[0]] > 0]


def timed(
    find: Callable[[str], Sequence[str]], questions: Sequence[Question]
) -> tuple[list[Sequence[str]], float]:
    """What is found for each question, and the median time in ms."""
    found, times = [], []
    for question in questions:
        begun = time.perf_counter()
        found.append(find(question.text))
        times.append(time.perf_counter() - begun)
    return found, float(np.median(times)) * 1000


def compare(bench: Bench) -> PassageIndex:
    """Prints BM25 and the formula."""
    index = PassageIndex(bench.entries)
    asked = [question for question in bench.questions if question.right]
    print(f"{len(bench.entries):,} entries, {len(asked):,} answerable questions")

    def formula(text: str) -> list[str]:
        return [hit.passage.id for hit in index.search(text, LIMIT)]

    sides = {"BM25": Bm25(bench.entries), "formula": formula}
    for name, find in sides.items():
        found, median = timed(find, asked)
        print(f"{name:10} {ranks(found, asked)}  {median:.2f} ms a query")
    return index


def of_pairs(file: Path, entry: str, question: str, vectors: str | None) -> None:
    """Pairs of a table: in one column the entries, in another the questions."""
    plain = TermExtractor.default().plain
    entries: dict[str, Passage] = {}
    right: dict[str, set[str]] = defaultdict(set)
    wrong: dict[str, set[str]] = defaultdict(set)
    texts: dict[str, str] = {}
    for row in csv.DictReader(read_text(file).splitlines()):
        new = Passage(str(len(entries)), "faq", "", "", "", (row[entry],))
        id_ = entries.setdefault(plain(row[entry]), new).id
        key = plain(row[question])
        texts.setdefault(key, row[question])
        (right if row["label"] == "1" else wrong)[key].add(id_)
    questions = [
        Question(text, frozenset(right[key]), frozenset(wrong[key] - right[key]))
        for key, text in texts.items()
    ]
    bench = Bench(list(entries.values()), questions)
    learn(bench, compare(bench), vectors)


def learn(bench: Bench, index: PassageIndex, vectors: str | None) -> None:
    """Prints what a learned judge adds."""
    questions = bench.questions
    encoder = None
    if vectors:
        wordings = [entry.questions[0] for entry in bench.entries]
        if vectors == "own":
            encoder = Remembering(WordMeans.learned(wordings))
        else:
            texts = [*wordings, *(question.text for question in questions)]
            encoder = Remembering(WordMeans.read(Path(vectors), texts))
    found = list(cases(index, questions))
    missed = [q for q, case in zip(questions, found, strict=True) if case is None]
    kept = [case for case in found if case]
    begun = time.perf_counter()
    result = validated(
        kept,
        missed,
        precision=0.95,
        seed=SEED,
        encoder=encoder,
        on_fold=lambda fold: print(f"fold {fold + 1} of 5", flush=True),
    )
    print(f"learned and tried five times in {time.perf_counter() - begun:.0f} s")
    for name, figures in (("formula", result.formula), ("learned", result.learned)):
        print(
            f"{name:10} accuracy@1 {figures.first:.4f}  MRR@10 "
            f"{figures.reciprocal_rank:.4f}  AUC {figures.area:.4f}  answered with "
            f"precision 0.95: {figures.answered:.3f}"
        )
    bins = reliability(result.probabilities, result.right)
    print(f"expected calibration error {expected_calibration_error(bins):.4f}")


def egret(lines: Path, conversations: Path) -> None:
    said = {}
    for line in read_text(lines).splitlines():
        parts = line.split(" +++$+++ ")
        said[parts[0]] = parts[2].strip() if len(parts) > 2 else ""
    entries, questions = [], []
    for number, line in enumerate(read_text(conversations).splitlines()):
        asked, answer = line.rsplit(" +++$+++ ", 1)[1].strip("[] ").split(", ")
        if said.get(asked) and said.get(answer):
            entries.append(Passage(str(number), "forum", "", "", "", (said[answer],)))
            questions.append(Question(said[asked], frozenset([str(number)])))
    compare(Bench(entries, questions))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--vectors", help="'own', or a file of word vectors")
    parser.add_argument("--only", choices=["epidemic", "bank", "egret"])
    given = parser.parse_args()
    runs: dict[str, tuple[list[str], Callable[..., None]]] = {
        "epidemic": (
            ["train_20200228.csv"],
            lambda file: of_pairs(file, "query1", "query2", given.vectors),
        ),
        "bank": (
            ["sim_webank.csv"],
            lambda file: of_pairs(file, "sentence1", "sentence2", given.vectors),
        ),
        "egret": (["egret_wenda_lines.txt", "egret_wenda_conversations.txt"], egret),
    }
    for name, (files, run) in runs.items():
        if given.only not in (None, name):
            continue
        found = [next(given.data.rglob(file), None) for file in files]
        if None in found:
            print(f"faq_{name}: left out, there is no {' or '.join(files)}")
            continue
        print(f"\nfaq_{name}")
        run(*found)


if __name__ == "__main__":
    main()
