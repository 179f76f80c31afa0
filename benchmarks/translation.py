"""Chinese to English on the Tatoeba pairs, against published and own recipes.

The data are `zh_en_train.txt` and `zh_en_val.txt` (`jieba words<TAB>English`), 26,187
and 1,000 pairs of Tatoeba (CC BY 2.0 FR), in the folder `seq2seq_tatoeba_zh_en` of the
data folder. Without options the network and its training are this project's defaults.
BLEU is sacrebleu's, on the English as written, against the raw references.

Run: python benchmarks/translation.py --data DIR [--cased]
     [--set cell=gru --set attention=none …] [--shortlist 1000 2000] [--work DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sacrebleu
from _models import PATIENT, Model, settings_from_options

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.examples import Example
from framework_plugin.corpus.formats import DialogueRecord
from framework_plugin.generation.serving.shortlist import Shortlister
from framework_plugin.generation.training.samples import LONGEST

_COMPARED = 500
PUBLISHED = {
    "LSTM, attention, 256": 20.20,
    "GRU, attention, 256": 22.54,
    "LSTM, attention, 512": 22.69,
    "Transformer, 3 layers": 26.95,
    "Transformer, 2 layers": 28.42,
}
"""Validation BLEU of the tutorial that the splits come from (greedy, 10 tokens)."""


def pairs(path: Path, cased: bool) -> list[DialogueRecord]:
    """The pairs of a file; Chinese as one text again, English lower-cased or not."""
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        chinese, english = line.split("\t")
        english = english if cased else english.lower()
        turns = (
            Turn(Speaker.USER, chinese.replace(" ", "")),
            Turn(Speaker.BOT, english),
        )
        records.append(DialogueRecord(turns))
    return records


def bleu(found: list[str], references: list[str]) -> float:
    """Corpus BLEU (tokenizer 13a), as written."""
    return float(sacrebleu.corpus_bleu(found, [references], force=True).score)


def as_tensorflow(model: Model, examples: list[Example]) -> str:
    """How many greedy replies of the fp32 graph are those of TensorFlow."""
    decoding = replace(PATIENT, strategy="greedy", max_reply_tokens=LONGEST)
    found = model.replies(examples, decoding)
    wanted = model.replies_of_tensorflow(examples)
    same = sum(ours == theirs for ours, theirs in zip(found, wanted, strict=True))
    return f"{same} of {len(examples)}"


def main() -> None:
    arguments = parsed()
    settings = settings_from_options(arguments.set)
    folder = arguments.data / "seq2seq_tatoeba_zh_en"
    learned = pairs(folder / "zh_en_train.txt", arguments.cased)
    tried = pairs(folder / "zh_en_val.txt", arguments.cased)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or Path(temporary)
        model = Model.trained(learned, tried, settings, work)
        row = {
            "options": arguments.set,
            "cased": arguments.cased,
            "parameters": model.parameters,
            "perplexity": round(model.perplexity, 2),
            "minutes": round((time.perf_counter() - started) / 60, 1),
        }
        examples = model.examples(tried)
        references = [record.reply for record in tried]
        greedy = replace(PATIENT, strategy="greedy")
        for precision in ("fp32", "int8"):
            for name, decoding in (
                ("greedy", greedy),
                ("greedy, 10 tokens", replace(greedy, max_reply_tokens=10)),
                ("beam 5", PATIENT),
            ):
                found = model.replies(examples, decoding, precision)
                row[f"BLEU {name}, {precision}"] = round(bleu(found, references), 2)
        neighbours = model.neighbours(learned) if arguments.shortlist else None
        for size in arguments.shortlist:
            found = model.short_replies(examples, Shortlister(neighbours, size))
            name = f"BLEU beam 5, int8, shortlist {size}"
            row[name] = round(bleu(found, references), 2)
        row["vocabulary"] = model.vocabulary.written
        row["fp32 says as TensorFlow"] = as_tensorflow(model, examples[:_COMPARED])
        print(json.dumps(row, ensure_ascii=False, indent=1))
    print("published, greedy, 10 tokens:", json.dumps(PUBLISHED))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("PERSONAL_CHAT_DATA")
    )
    parser.add_argument("--cased", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--shortlist", type=int, nargs="*", default=[], help="sizes to try"
    )
    parser.add_argument("--work", type=Path, help="keep checkpoints and graphs here")
    arguments = parser.parse_args()
    if arguments.data is None:
        raise SystemExit(
            "Skipped: name the folder of public data with --data or PERSONAL_CHAT_DATA."
        )
    arguments.data = Path(arguments.data)
    return arguments


if __name__ == "__main__":
    main()
