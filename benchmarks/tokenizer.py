"""Our tokenizer against Rasa's `JiebaTokenizer`: time per sentence, whole component.

Both run in the same process on the same sentences, in turns of one sentence each, so
that whatever else the machine does falls on both. Run it from the project's root:

    python benchmarks/tokenizer.py [--rounds 20] [--limit 1000]
"""

from __future__ import annotations

import argparse
import logging
import random
import statistics
import tempfile
import time
import unicodedata
from pathlib import Path
from typing import Any

import jieba
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from framework_plugin.components.tokenizer import ChineseTokenizer

DIALOGUES = Path("nlu_data/dialogues/train")


def sentences(speaker: str, limit: int) -> list[str]:
    """Distinct lines of one speaker (`U` or `B`) in a fixed random order."""
    lines = {
        alternative.strip()
        for file in sorted(DIALOGUES.glob("*.txt"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"{speaker}: ")
        for alternative in line[3:].split(" | ")
    }
    found = sorted(line for line in lines if "{" not in line)
    random.Random(1).shuffle(found)
    return found[:limit]


def create(component: Any) -> Tokenizer:
    """A tokenizer with its default options."""
    storage = LocalModelStorage(Path(tempfile.mkdtemp()))
    tokenizer: Tokenizer = component.create(
        component.get_default_config(),
        storage,
        Resource(component.__name__),
        ExecutionContext(GraphSchema({})),
    )
    return tokenizer


def seconds(tokenizer: Tokenizer, text: str) -> float:
    """The time `process` takes for one message."""
    message = Message({TEXT: text})
    start = time.perf_counter()
    tokenizer.process([message])
    return time.perf_counter() - start


def words(tokenizer: Tokenizer, text: str) -> list[str]:
    """Token texts in a form that both tokenizers share: width and space folded."""
    tokens = tokenizer.tokenize(Message({TEXT: text}), TEXT)
    folded = (unicodedata.normalize("NFKC", token.text) for token in tokens)
    return [word.lower() for word in folded if word.strip()]


def compare(
    name: str, texts: list[str], ours: Tokenizer, theirs: Tokenizer, rounds: int
) -> None:
    """Time both on the same texts, in turns, and print the medians."""
    same = sum(words(ours, text) == words(theirs, text) for text in texts)
    our_times, their_times = [], []
    for _ in range(rounds):
        for text in texts:
            our_times.append(seconds(ours, text))
            their_times.append(seconds(theirs, text))
    our_median, their_median = map(statistics.median, (our_times, their_times))
    length = statistics.median(map(len, texts))
    print(
        f"{name:16s} {len(texts):5d} texts, median {length:3.0f} characters: "
        f"ours {our_median * 1e6:6.1f} µs, Rasa's {their_median * 1e6:6.1f} µs, "
        f"ratio {their_median / our_median:4.1f}, same words {same / len(texts):.1%}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--limit", type=int, default=1000)
    options = parser.parse_args()
    jieba.setLogLevel(logging.WARNING)
    start = time.perf_counter()
    ours = create(ChineseTokenizer)
    seconds(ours, "你好")
    our_start = time.perf_counter() - start
    start = time.perf_counter()
    theirs = create(JiebaTokenizer)
    seconds(theirs, "你好")
    their_start = time.perf_counter() - start

    user, bot = sentences("U", options.limit), sentences("B", options.limit)
    messages = ["".join(user[i : i + 5]) for i in range(0, len(user) - 4, 5)]
    for name, texts in (
        ("what users type", user),
        ("replies", bot),
        ("long messages", messages),
    ):
        compare(name, texts, ours, theirs, options.rounds)
    print(f"create + first use  {our_start:8.2f} s against {their_start:.2f} s")


if __name__ == "__main__":
    main()
