"""What the generator says to held-out messages, against its parts alone.

Reads the newest trained generator and the development dialogues, which it has never
learned from, each as written and amid unrelated talk. Compared are
  search    the best hypothesis of the beam alone,
  nearest   the reply to the most similar learned message alone,
  ours      the candidate that the confidence model chooses among both kinds.
The confidence model is fitted anew on one half of the dialogues and tried on the other,
and the other way round. (The network's training was stopped by the same dialogues.)
`unanswerable` are messages that no reply of the generator would suit.

Run from the project's root after `make train`:

    python benchmarks/reply_quality.py [--strategy beam] [--beam-width 5]
        [--precision fp32] [--wanted-precision 0.75]

The defaults are those of the bundled assistant.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.examples import Augmentation, Example, ExampleSampler
from framework_plugin.corpus.reader import read_corpus, read_messages
from framework_plugin.evaluation.metrics import bleu, distinct
from framework_plugin.generation.serving.batch import find_batch
from framework_plugin.generation.serving.calibration import (
    is_right,
    patient,
    try_out,
    unanswerable_examples,
)
from framework_plugin.generation.serving.candidates import CandidateFinder, Query
from framework_plugin.generation.serving.confidence import ConfidenceModel
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.segment import create_segmenter

GENERATORS = Path(".personal_chat/generators")
DEVELOPMENT = Path("nlu_data/dialogues/dev")
UNANSWERABLE = Path("nlu_data/dialogues/unanswerable.txt")


def newest_generator() -> Path:
    done = sorted(GENERATORS.glob("*/complete"), key=lambda p: p.stat().st_mtime)
    if not done:
        raise SystemExit("There is no trained generator. Train one first: make train")
    return done[-1].parent


def held_out(codec: UtteranceCodec, fold: int) -> list[Example]:
    """Every second dialogue, as written and amid unrelated talk."""
    sampler = ExampleSampler(
        read_corpus(DEVELOPMENT).scripts[fold::2],
        codec,
        seed=7,
        context_turns=5,
        max_turn_tokens=40,
        augmentation=Augmentation(),
    )
    return [*sampler.plain(), *sampler.amid_talk()]


def show(name: str, replies: list[str], examples: list[Example]) -> None:
    references = [example.references for example in examples]
    right = [is_right(r, refs) for r, refs in zip(replies, references, strict=True)]
    share = sum(right) / len(right)
    print(
        f"{name:10s} right {share:6.1%}   BLEU {bleu(replies, references):5.1f}   "
        f"distinct-1 {distinct([list(r) for r in replies], 1):.3f}   "
        f"distinct-2 {distinct([list(r) for r in replies], 2):.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategy", choices=["greedy", "beam"], default="greedy")
    parser.add_argument("--beam-width", type=int, default=5)
    parser.add_argument("--precision", choices=["fp32", "int8"], default="int8")
    parser.add_argument("--wanted-precision", type=float, default=0.76)
    arguments = parser.parse_args()
    folder = newest_generator()
    codec = UtteranceCodec(create_segmenter())
    settings = DecodingSettings(
        strategy=arguments.strategy, beam_width=arguments.beam_width
    )
    finder = CandidateFinder(folder, arguments.precision, codec, patient(settings))
    folds = [held_out(codec, 0), held_out(codec, 1)]
    wrong = try_out(finder, unanswerable_examples(read_messages(UNANSWERABLE), codec))
    trials = [try_out(finder, fold) for fold in folds]
    examples, searched, nearest, ours, sure = [], [], [], [], []
    said_in_vain = 0
    for learned, tried in ((0, 1), (1, 0)):
        model = ConfidenceModel.fit(
            [*trials[learned], *wrong], arguments.wanted_precision
        )
        judged = [model.judge(trial.evidence).probability for trial in wrong]
        said_in_vain += sum(probability >= model.threshold for probability in judged)
        queries = [Query(e.turns, e.known, e.memory) for e in folds[tried]]
        for example, findings in zip(
            folds[tried], find_batch(finder, queries), strict=True
        ):
            found = findings.candidates
            verdict = model.judge([candidate.evidence for candidate in found])
            recalled = [c for c in found if c.evidence.likeness.reply > 0.999] or found
            closest = max(recalled, key=lambda c: c.evidence.likeness.message)
            examples.append(example)
            searched.append(found[0].text)
            nearest.append(closest.text)
            ours.append(found[verdict.index].text)
            sure.append(verdict.probability >= model.threshold)
    print(f"{len(examples)} held-out messages, generator {folder.name}")
    show("search", searched, examples)
    show("nearest", nearest, examples)
    show("ours", ours, examples)
    kept = [i for i, is_sure in enumerate(sure) if is_sure]
    print(f"sure of {len(kept) / len(examples):.1%}; of those:")
    show("ours, sure", [ours[i] for i in kept], [examples[i] for i in kept])
    print(f"unanswerable: sure of {said_in_vain / (2 * len(wrong)):.1%}")


if __name__ == "__main__":
    main()
