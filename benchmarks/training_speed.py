"""Training speed: ours against Keras `fit` on padded batches, and against PyTorch.

The same sizes, batches of 64 and full softmax loss everywhere: two layers of
bidirectional LSTM 2 x 256, two of LSTM 512, Luong attention, embeddings of 256 tied to
an output of 8,000 words; sentences of 4 to 30 tokens, drawn at random. Keras gets what
a beginner's `fit` gets, all padded to the longest. PyTorch runs in a Python of its own
that is named with --torch, on the same bucketed batches as ours.

Run: python benchmarks/training_speed.py [--rounds 3] [--torch /path/to/python]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from framework_plugin.generation.network.seq2seq import build_network
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.generation.training.batches import Batch, make_batches
from framework_plugin.generation.training.distribution import Distribution
from framework_plugin.generation.training.learner import Learner
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID, SPECIALS, Vocabulary

WORDS, LONGEST, BATCH, STEPS = 8_000, 30, 64, 16
SIZES = NetworkSettings()


def examples() -> list[dict[str, list[int]]]:
    """Random sentences; short ones are more frequent, as in talk."""
    rng = np.random.default_rng(7)
    made = []
    for _ in range(BATCH * STEPS):
        length = 4 + int(min(rng.geometric(0.15), LONGEST - 4))
        source = rng.integers(len(SPECIALS), WORDS, length).tolist()
        reply = rng.integers(len(SPECIALS), WORDS, length).tolist()
        made.append(
            {
                "source": source,
                "reply_in": [BEGIN_ID, *reply],
                "reply_out": [*reply, END_ID],
            }
        )
    return made


def ours(batches: list[Batch], precision: str) -> Callable[[], None]:
    tokens = [*SPECIALS, *(f"w{i}" for i in range(WORDS - len(SPECIALS)))]
    training = TrainingSettings(training_precision=precision)
    network = build_network(SIZES, training, Vocabulary(tokens))
    learner = Learner(network, training, Distribution(), batches[0].arrays)

    def run() -> None:
        for step, batch in enumerate(batches):
            last = learner.learn(batch, step, 0.001)
        last.numpy()

    return run


def keras_fit(made: list[dict[str, list[int]]]) -> Callable[[], None]:
    """An encoder and decoder of Keras' layers, trained by `fit`."""
    layers, embedding = tf.keras.layers, tf.keras.layers.Embedding(WORDS, 256)
    embedding.build(None)
    source = tf.keras.Input((None,), dtype=tf.int32)
    reply = tf.keras.Input((None,), dtype=tf.int32)
    drop = layers.Dropout(0.35)
    read = drop(embedding(source))
    for _ in range(2):
        cell = layers.LSTM(256, return_sequences=True, return_state=True)
        read, *states = layers.Bidirectional(cell)(read)
        read = drop(read)
    hidden = tf.concat([states[0], states[2]], -1)
    memory = tf.concat([states[1], states[3]], -1)
    said = drop(embedding(reply))
    for _ in range(2):
        first = [layers.Dense(512, "tanh")(hidden), layers.Dense(512)(memory)]
        said = layers.LSTM(512, return_sequences=True)(said, initial_state=first)
    context = layers.Attention()([layers.Dense(512, use_bias=False)(said), read])
    features = layers.Dense(256, "tanh")(tf.concat([said, context], -1))
    scores = tf.matmul(drop(features), embedding.embeddings, transpose_b=True)
    model = tf.keras.Model([source, reply], scores)
    model.compile(
        tf.keras.optimizers.Adam(0.001),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )

    def padded(name: str) -> np.ndarray:
        rows = [example[name] for example in made]
        return tf.keras.utils.pad_sequences(rows, padding="post")

    inputs, outputs = [padded("source"), padded("reply_in")], padded("reply_out")
    weights = (outputs != 0).astype(np.float32)

    def run() -> None:
        model.fit(inputs, outputs, BATCH, sample_weight=weights, verbose=0)

    return run


def torch_speed(python: str, precision: str, rounds: int) -> float:
    """Seconds for all batches, measured by a process of its own."""
    child = Path(__file__).with_name("_torch_speed.py")
    command = [python, str(child), precision, str(rounds)]
    environment = {**os.environ, "LONGEST": str(LONGEST)}
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment
    )
    return float(found.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch", help="a Python that has PyTorch")
    arguments = parser.parse_args()
    made = examples()
    batches = make_batches(made, BATCH)
    tokens = sum(batch.target_tokens for batch in batches)
    runs = {
        "Keras fit, padded": keras_fit(made),
        "ours, fp32": ours(batches, "fp32"),
        "ours, bf16": ours(batches, "bf16"),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(arguments.rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - started)
        for precision in ("fp32", "bf16") if arguments.torch else ():
            seconds = torch_speed(arguments.torch, precision, 1)
            times.setdefault(f"PyTorch, {precision}", []).append(seconds)
    slowest = statistics.median(times["Keras fit, padded"])
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(
            f"{name:20s} {tokens / median:8.0f} target tokens/s   "
            f"{slowest / median:5.2f} x Keras fit"
        )
    if not arguments.torch:
        print("PyTorch was not measured: name a Python that has it with --torch.")


if __name__ == "__main__":
    main()
