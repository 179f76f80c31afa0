import os
import resource
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework_plugin.errors import ArtefactError, TrainingError
from framework_plugin.generation.training.batches import Batch, Encoded, make_batches
from framework_plugin.generation.training.prefetch import Prefetched
from framework_plugin.generation.training.store import ExampleStore


def numbered(count: int, seed: int = 0) -> list[Encoded]:
    """Examples that can be told apart by the first id of what is read."""
    rng = np.random.default_rng(seed)
    return [
        {
            "source": [i + 1, *([7] * int(rng.integers(0, 20)))],
            "memory": [8] * int(rng.integers(0, 5)),
            "reply_in": [2, *said],
            "reply_out": [*said, 3],
        }
        for i, said in enumerate([9] * int(rng.integers(0, 12)) for _ in range(count))
    ]


def seen(batches: list[Batch]) -> list[int]:
    return [int(i) for b in batches for i in b.arrays["source"][:, 0]]


def same(one: Batch, other: Batch) -> bool:
    return all((one.arrays[n] == other.arrays[n]).all() for n in one.arrays)


def grouped(examples: list[Encoded], size: int) -> list[list[Encoded]]:
    return [examples[i : i + size] for i in range(0, len(examples), size)]


def unpadded(batches: list[Batch]) -> list[tuple[list[int], ...]]:
    return sorted(
        tuple([i for i in b.arrays[n][row].tolist() if i] for n in b.arrays)
        for b in batches
        for row in range(len(b))
    )


@settings(deadline=None, max_examples=50)
@given(
    st.integers(1, 3000),
    st.integers(1, 40),
    st.integers(0, 10),
    st.integers(0, 100),
)
def test_each_epoch_has_every_example_once_and_can_be_entered_anywhere(
    count: int, batch_size: int, seed: int, skip: int
) -> None:
    rows = [{"reply_out": [i + 1]} for i in range(count)]
    store = ExampleStore.of(rows)
    batches = list(store.batches([seed], batch_size))
    ids = [int(i) for b in batches for i in b.arrays["reply_out"][:, 0]]
    assert sorted(ids) == list(range(1, count + 1))
    assert len(batches) == -(-count // batch_size)
    rest = list(store.batches([seed], batch_size, skip))
    assert len(rest) == max(0, len(batches) - skip)
    assert all(map(same, rest, batches[skip:]))


def test_no_token_is_lost_or_moved() -> None:
    examples = numbered(300)
    expected = sorted(tuple(list(ids) for ids in e.values()) for e in examples)
    assert unpadded(list(ExampleStore.of(examples).batches([1], 16))) == expected
    assert unpadded(make_batches(examples, 16)) == expected


def test_other_epochs_have_another_order_the_same_for_the_same_seed() -> None:
    store = ExampleStore.of(numbered(2000))
    one, again, other = (
        seen(list(store.batches(seed, 8))) for seed in ([7, 1], [7, 1], [7, 2])
    )
    assert one == again != other
    # Batches come in no order of length.
    widths = [b.arrays["reply_in"].shape[1] for b in store.batches([7, 1], 8)]
    assert widths != sorted(widths)


def test_batches_hold_examples_of_about_the_same_length() -> None:
    rows = numbered(4000)
    batches = list(ExampleStore.of(rows).batches([7, 1], 16))
    filled = sum(b.target_tokens for b in batches)
    places = sum(b.arrays["reply_out"].size for b in batches)
    assert filled / places > 0.95
    unsorted = sum(max(len(e["source"]) for e in group) for group in grouped(rows, 16))
    assert sum(b.arrays["source"].shape[1] for b in batches) < 0.7 * unsorted


def test_long_texts_that_are_read_fit_together_too() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, (200, 40), (4000, 2))
    rows = [{"source": [7] * read, "reply_out": [9] * said} for read, said in lengths]
    batches = list(ExampleStore.of(rows).batches([7, 1], 16))
    for name, least in (("source", 0.8), ("reply_out", 0.9)):
        filled = sum(np.count_nonzero(b.arrays[name]) for b in batches)
        assert filled / sum(b.arrays[name].size for b in batches) > least


def test_a_store_on_disk_gives_what_one_in_memory_gives(tmp_path: Path) -> None:
    examples = numbered(1500)
    stored = ExampleStore.write(tmp_path / "store", iter(examples))
    held = ExampleStore.of(examples)
    assert len(stored) == len(held) == 1500
    for one, other in zip(stored.batches([3], 8), held.batches([3], 8), strict=True):
        assert same(one, other)


def test_examples_are_written_as_they_come(tmp_path: Path) -> None:
    alive = 0
    most = 0

    class Row(list):
        def __init__(self, ids: list[int]) -> None:
            nonlocal alive, most
            super().__init__(ids)
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def stream() -> Iterator[Encoded]:
        for i in range(5000):
            yield {"reply_out": Row([i + 1] * 30)}

    assert len(ExampleStore.write(tmp_path / "store", stream())) == 5000
    assert most <= 3


def test_a_store_that_fails_half_way_leaves_the_earlier_one(tmp_path: Path) -> None:
    def broken() -> Iterator[Encoded]:
        yield from numbered(5)
        raise RuntimeError("the corpus cannot be read on")

    ExampleStore.write(tmp_path / "store", numbered(3))
    with pytest.raises(RuntimeError):
        ExampleStore.write(tmp_path / "store", broken())
    assert len(ExampleStore.open(tmp_path / "store")) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["store"]


def test_a_store_without_examples_is_empty(tmp_path: Path) -> None:
    for store in (ExampleStore.of([]), ExampleStore.write(tmp_path / "store", [])):
        assert len(store) == 0
        assert list(store.batches([1], 4)) == []
    assert make_batches([], 4) == []


def test_a_field_may_be_empty_in_all_examples(tmp_path: Path) -> None:
    rows = [{"memory": [], "reply_out": [4, 3]}] * 3
    (batch,) = ExampleStore.write(tmp_path / "store", rows).batches([1], 4)
    assert batch.arrays["memory"].tolist() == [[0]] * 3


@pytest.mark.parametrize("name", ["source.ids", "reply_out.offsets", "index.json"])
def test_a_truncated_store_is_named(tmp_path: Path, name: str) -> None:
    ExampleStore.write(tmp_path / "store", numbered(50))
    os.truncate(tmp_path / "store" / name, 20)
    with pytest.raises(ArtefactError, match=r"store' are missing or damaged.*Delete"):
        ExampleStore.open(tmp_path / "store")


def test_a_full_disk_is_named_while_examples_are_written(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(TrainingError, match=r"Free some disk space"):
            ExampleStore.write(tmp_path / "store", numbered(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


@given(st.integers(1, 9), st.integers(1, 4))
def test_shares_of_a_batch_hold_all_its_examples(size: int, workers: int) -> None:
    (batch,) = make_batches(numbered(size), size)
    shares = [batch.shard(rank, workers) for rank in range(workers)]
    assert all(len(share) for share in shares)
    assert sum(share.target_tokens for share in shares) == batch.target_tokens
    learned = [i for s in shares if s.target_tokens for i in seen([s])]
    assert sorted(learned) == sorted(seen([batch]))


def test_batches_made_ahead_come_in_order_and_the_thread_ends() -> None:
    with Prefetched(range(100)) as items:
        assert list(items) == list(range(100))
    with Prefetched(iter(int, 1)) as endless:
        assert next(iter(endless)) == 0
    assert "batches" not in [thread.name for thread in threading.enumerate()]


def test_an_error_made_ahead_is_raised_where_its_batch_was_due() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("no batch")

    with Prefetched(broken()) as items:
        reader = iter(items)
        assert next(reader) == 1
        with pytest.raises(ValueError, match="no batch"):
            next(reader)
