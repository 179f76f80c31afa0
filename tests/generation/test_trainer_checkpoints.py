import logging
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framework_plugin.errors import ArtefactError, TrainingError
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.generation.training.checkpoints import Checkpoints, signature_of
from framework_plugin.text.vocabulary import SPECIALS, Vocabulary

ARRAYS = {"weight-000": np.arange(3000, dtype=np.float32).reshape(30, 100)}
SIGNATURE = {"vocabulary": "5 tokens", "cell": "'lstm'"}


def checkpoints(folder: Path, kept: int = 2) -> Checkpoints:
    return Checkpoints(folder, SIGNATURE, kept)


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    state = {"loss": 0.1 + 0.2, "results": [{"best": True}]}
    checkpoints(tmp_path / "new").save(12, ARRAYS, state)
    found = checkpoints(tmp_path / "new").latest()
    assert found is not None
    assert (found.step, found.state) == (12, state)
    assert (found.arrays["weight-000"] == ARRAYS["weight-000"]).all()


def test_the_last_few_and_the_best_are_kept(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path, kept=3)
    for step in range(95, 105):
        kept.save(step, ARRAYS, {})
        if step == 97:
            kept.save_best(step, ARRAYS, {})
    steps = sorted(int(p.stem[5:]) for p in tmp_path.glob("step-*.npz"))
    assert steps == [102, 103, 104]
    latest, best = kept.latest(), kept.best()
    assert latest is not None
    assert best is not None
    assert (latest.step, best.step) == (104, 97)


def test_an_empty_folder_has_nothing_to_go_on_from(tmp_path: Path) -> None:
    assert checkpoints(tmp_path / "none").latest() is None
    assert checkpoints(tmp_path / "none").best() is None


@pytest.mark.parametrize("size", [0, 10, 5000, -1])
def test_a_truncated_checkpoint_is_noticed_and_the_one_before_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    kept = checkpoints(tmp_path)
    kept.save(1, ARRAYS, {})
    last = kept.save(2, ARRAYS, {})
    os.truncate(last, size if size >= 0 else last.stat().st_size - 1)
    with caplog.at_level(logging.WARNING):
        found = kept.latest()
    assert found is not None
    assert found.step == 1
    assert f"'{last}' is damaged" in caplog.text


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(1, ARRAYS, {})
    last = kept.save(2, ARRAYS, {})
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(content)
    found = kept.latest()
    assert found is not None
    assert found.step == 1


def test_when_none_is_whole_it_says_what_to_do(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    for step in (1, 2):
        os.truncate(kept.save(step, ARRAYS, {}), 100)
    with pytest.raises(ArtefactError, match=r"All 2 .* are damaged\. Delete"):
        kept.latest()
    os.truncate(kept.save_best(1, ARRAYS, {}), 100)
    with pytest.raises(ArtefactError, match=r"best checkpoint .* is damaged"):
        kept.best()


def test_a_full_disk_leaves_the_checkpoint_before_whole(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path, kept=1)
    kept.save(1, ARRAYS, {"epoch": 1})
    with (
        full_disk(6000),
        pytest.raises(TrainingError, match=r"step 2 cannot .* goes on from 'step-0*1"),
    ):
        kept.save(2, ARRAYS, {"epoch": 2})
    found = kept.latest()
    assert found is not None
    assert found.state == {"epoch": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_the_best_whole(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save_best(1, ARRAYS, {"epoch": 1})
    with full_disk(6000), pytest.raises(TrainingError, match="cannot be written"):
        kept.save_best(2, ARRAYS, {"epoch": 2})
    best = kept.best()
    assert best is not None
    assert best.step == 1


def test_all_that_differs_is_named(tmp_path: Path) -> None:
    checkpoints(tmp_path).save(1, ARRAYS, {})
    other = Checkpoints(tmp_path, {"vocabulary": "6 tokens", "copy": "True"}, 2)
    with pytest.raises(ArtefactError) as error:
        other.latest()
    assert "'vocabulary' was 5 tokens and is 6 tokens" in str(error.value)
    assert "'cell' was 'lstm' and is not set" in str(error.value)
    assert "'copy' was not set and is True" in str(error.value)
    assert f"Delete '{tmp_path}'" in str(error.value)


def test_a_signature_follows_vocabulary_and_settings_that_matter() -> None:
    training, network = TrainingSettings(), NetworkSettings()
    own = signature_of(Vocabulary([*SPECIALS, "雨"]), network, training)
    other_word = signature_of(Vocabulary([*SPECIALS, "雪"]), network, training)
    longer = replace(training, epochs=99, tensorboard="logs", workers=2)
    assert own != other_word
    assert own == signature_of(Vocabulary([*SPECIALS, "雨"]), network, longer)
    wider = replace(network, decoder_units=8)
    changed = signature_of(Vocabulary([*SPECIALS, "雨"]), wider, training)
    assert {n for n in own if own[n] != changed[n]} == {"decoder_units"}
