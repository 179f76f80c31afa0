"""The splits and the probe that benchmarks measure on."""

import os
from itertools import pairwise, product
from pathlib import Path

import pytest

from benchmarks._probe_frames import FRAMES, KINDS, SMALL_TALK
from benchmarks._probe_values import PROBE_VALUES, TRAINING_VALUES, Values
from benchmarks.profile_probe import probe_records, probe_training_records
from benchmarks.public_data import SETS, open_split, split_by_dialogue, spoken
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.formats import (
    read_lccc,
)
from tests.corpus.public_files import (
    write_json,
)


def test_a_dialogue_is_never_on_both_sides_of_a_split_and_stays_where_it_is(
    tmp_path: Path,
) -> None:
    dialogues = [[f"开{n}", f"应{n}", f"再{n}"] for n in range(400)]
    records = list(read_lccc(write_json(tmp_path / "l.json", dialogues)))
    fewer = list(read_lccc(write_json(tmp_path / "l.json", dialogues[::-2])))

    train, dev = split_by_dialogue(records, 0.2)
    _, dev_of_fewer = split_by_dialogue(fewer, 0.2)

    assert not {r.dialogue for r in train} & {r.dialogue for r in dev}
    assert 0.1 < len(dev) / len(records) < 0.3
    assert {r.reply for r in dev_of_fewer} <= {r.reply for r in dev}


def test_what_is_in_both_sides_is_taken_out_of_an_own_development_split(
    tmp_path: Path,
) -> None:
    # Ninety openings, but every dialogue ends with the same exchange.
    dialogues = [[f"开{n}", "晚安", "晚安！"] for n in range(90)]
    write_json(tmp_path / "lccc_base_valid.json", dialogues)

    split = open_split("lccc", tmp_path)

    learned = {(spoken(r.message), spoken(r.reply)) for r in split.train}
    assert split.leaked
    assert all((spoken(r.message), spoken(r.reply)) not in learned for r in split.dev)


def _all_values(values: Values) -> set[str]:
    return {
        "".join(parts)
        for sources in values.sources.values()
        for source in sources
        for parts in product(*source.parts)
    }


def test_no_value_of_the_probe_can_be_met_in_training() -> None:
    learned = {
        value[begin:end]
        for value in _all_values(TRAINING_VALUES)
        for begin in range(len(value))
        for end in range(begin + 1, len(value) + 1)
    }

    assert _all_values(PROBE_VALUES) & learned == set()


def test_a_probe_is_answered_by_its_profile_and_by_nothing_else() -> None:
    assert len(FRAMES) > 40
    texts = [text for talk in SMALL_TALK for text in talk]
    texts += [text for frame in FRAMES for text in frame.questions]
    values = _all_values(TRAINING_VALUES) | _all_values(PROBE_VALUES)
    assert [v for v in values if any(v in text for text in texts)] == []
    for probe in [*probe_records(7), *probe_training_records(7, 500)]:
        assert probe.kind in KINDS
        assert f"{probe.kind}:{probe.expected}" in probe.record.profile
        assert len(probe.others) == len(probe.record.profile) - 1
        assert probe.record.reply.count(probe.expected) == 1
        assert not any(other in probe.record.reply for other in probe.others)


def test_a_probe_of_the_history_is_answered_by_one_message_of_the_week() -> None:
    for probe in probe_records(7, from_history=True):
        assert probe.record.profile == ()
        assert len(probe.record.history) == 32
        told = [text for text in probe.record.history if probe.expected in text]
        assert len(told) == 1


def test_probes_follow_from_their_seed_and_use_every_frame() -> None:
    probes = probe_records(7)

    assert probes == probe_records(7)
    assert probes != probe_records(8)
    asked = {probe.record.message for probe in probes}
    assert all(asked & set(frame.questions) for frame in FRAMES)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SETS))
def test_the_published_data_are_read_in_whole(name: str) -> None:
    folder = os.environ.get("PERSONAL_CHAT_DATA")
    if not folder:
        pytest.skip("PERSONAL_CHAT_DATA does not name the public data")

    split = open_split(name, Path(folder))

    assert split.skipped < 0.01 * len(split.train)
    for record in [*split.train[:2000], *split.dev]:
        assert record.turns[-1].speaker is Speaker.BOT
        assert all(a.speaker is not b.speaker for a, b in pairwise(record.turns))
        assert len(record.turns) > 1
