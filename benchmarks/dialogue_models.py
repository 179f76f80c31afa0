"""Networks compared on public dialogues: perplexity, BLEU, variety, hits@k.

Each `--variant` is a name and settings, such as `gru:cell=gru`; all are trained on the
same split and differ in nothing else. A variant with `blank_source` is also tried with
`mmi: anti_lm`. hits@k ranks the true reply among random replies of the development
split, by the network's mean log-probability per token. The corpus `profile_probe` asks
for a fact that only the profile gives, of names and places that were never seen: it
must be in the reply. `history_probe` does the same for facts told in passing in the 32
messages of the week before.

With `--told`, each variant is trained once for each of what it is told: the `message`
alone, the `dialogue` so far, or the profile and what was said before the dialogue too,
its `history`. So networks of one size show what a memory is worth.

Run: python benchmarks/dialogue_models.py --data DIR --corpus kdconv
     --variant lstm: --variant gru:cell=gru [--set epochs=8 …] [--limit 20000]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from _models import PATIENT, Model, settings_from_options
from profile_probe import probe_records, probe_training_records
from public_data import SETS, data_folder, open_split

from framework_plugin.corpus.formats import DialogueRecord
from framework_plugin.evaluation.metrics import bleu, distinct, tokens
from framework_plugin.evaluation.ranking import hits_at

Row = dict[str, object]
PROBES = {"profile_probe": False, "history_probe": True}
"""Whether the facts of each were told in earlier messages."""

TOLD = ("message", "dialogue", "history")
_RECENT = 4
"""Turns of another corpus, its reply included, that are no history."""


def only_told(record: DialogueRecord, told: str) -> DialogueRecord:
    """A record without what the network is not to be told; see `TOLD`."""
    if told == "history":
        return record
    turns = record.turns[-2:] if told == "message" else record.turns
    return replace(record, turns=turns, profile=(), history=())


def as_history(record: DialogueRecord) -> DialogueRecord:
    """A record of a corpus without history: its older turns are taken for one."""
    older = tuple(turn.text for turn in record.turns[:-_RECENT])
    return replace(record, turns=record.turns[-_RECENT:], history=older)


def said(replies: Sequence[str], references: Sequence[Sequence[str]]) -> Row:
    """What can be told of replies by themselves and beside their references."""
    words = [tokens(reply) for reply in replies]
    return {
        "BLEU-2": round(bleu(replies, references, 2), 2),
        "BLEU-4": round(bleu(replies, references, 4), 2),
        "distinct-1": round(distinct(words, 1), 4),
        "distinct-2": round(distinct(words, 2), 4),
    }


def measured(
    model: Model, tried: Sequence[DialogueRecord], answered: int, ranked: int
) -> Row:
    """The figures of one model."""
    records = random.Random(7).sample(list(tried), min(len(tried), answered))
    examples = model.examples(records)
    references = [[record.reply] for record in records]
    row: Row = {
        "parameters": model.parameters,
        "perplexity": round(model.perplexity, 2),
    }
    plain = replace(PATIENT, max_reply_tokens=30)
    row |= said(model.replies(examples, plain), references)
    if model.settings.training.blank_source:
        rescored = model.replies(examples, replace(plain, mmi="anti_lm"))
        row |= {f"{key}, mmi": v for key, v in said(rescored, references).items()}
    drawn = random.Random(11)
    others = sorted({record.reply for record in tried})
    offered = []
    for record in records[:ranked]:
        wrong = [r for r in drawn.sample(others, 20) if r != record.reply][:19]
        offered.append([record.reply, *wrong])
    for count in (10, 20):
        candidates = [texts[:count] for texts in offered]
        ranks = model.ranks(examples[:ranked], candidates)
        row[f"hits@1/{count}"] = round(hits_at(ranks, 1), 4)
        row[f"hits@5/{count}"] = round(hits_at(ranks, 5), 4)
    return row


def probed(model: Model, count: int, from_history: bool, told: str) -> Row:
    """How often the reply holds the fact that only the memory gives."""
    probes = probe_records(7, count, from_history=from_history)
    records = [only_told(probe.record, told) for probe in probes]
    replies = model.replies(model.examples(records))
    right = [p.expected in r for p, r in zip(probes, replies, strict=True)]
    for probe, reply, is_right in zip(probes, replies, right, strict=True):
        if not is_right:
            print(f"  {probe.record.message} → {reply} ({probe.expected})")
    return {"probe accuracy": round(sum(right) / len(right), 4)}


def main() -> None:
    arguments = parsed()
    from_history = PROBES.get(arguments.corpus)
    if from_history is not None:
        if arguments.beside:
            raise SystemExit("--beside goes with a public corpus, not with a probe.")
        learned, tried = (
            [
                r.record
                for r in probe_training_records(seed, n, from_history=from_history)
            ]
            for seed, n in ((7, arguments.limit), (8, 300))
        )
    else:
        data = data_folder(arguments.data)
        if data is None:
            raise SystemExit(
                "Skipped: name the folder of public data with --data or "
                "PERSONAL_CHAT_DATA."
            )
        split = open_split(arguments.corpus, data)
        learned, tried = list(split.train)[: arguments.limit], list(split.dev)
        for name in arguments.beside:
            others = open_split(name, data).train[: arguments.limit]
            learned += map(as_history, others)
    for variant, told in itertools.product(arguments.variant, arguments.told):
        name, _, options = variant.partition(":")
        chosen = [*arguments.set, *filter(None, options.split(","))]
        settings = settings_from_options(chosen)
        started = time.perf_counter()
        folder = arguments.work / f"{arguments.corpus}-{name}-{told}"
        seen, asked = ([only_told(r, told) for r in side] for side in (learned, tried))
        model = Model.trained(seen, asked, settings, folder)
        row: Row = {"corpus": arguments.corpus, "variant": name, "told": told}
        row |= {"settings": chosen}
        row["minutes"] = round((time.perf_counter() - started) / 60, 1)
        row |= measured(model, asked, 300, 300)
        if from_history is not None:
            row |= probed(model, 200, from_history, told)
        print(json.dumps(row, ensure_ascii=False), flush=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--corpus", default="profile_probe", choices=[*SETS, *PROBES])
    parser.add_argument(
        "--beside", nargs="*", default=[], choices=SETS, help="also learned from"
    )
    parser.add_argument("--told", nargs="+", default=["history"], choices=TOLD)
    parser.add_argument("--variant", action="append", metavar="NAME:A=B,C=D")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument("--work", type=Path, default=Path(".personal_chat/benchmarks"))
    arguments = parser.parse_args()
    arguments.variant = arguments.variant or ["memory and copy:memory=true,copy=true"]
    return arguments


if __name__ == "__main__":
    main()
