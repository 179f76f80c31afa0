from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import ArtefactError
from framework_plugin.generation.serving.confidence import (
    UNCALIBRATED,
    ConfidenceModel,
    Evidence,
    Trial,
)
from framework_plugin.generation.serving.experience import (
    Exchange,
    Experience,
    Likeness,
)

EXCHANGES = [
    Exchange("", "下雨了", "记得带伞。"),
    Exchange("", "好累", "早点休息。"),
    Exchange("好累早点休息", "睡不着", "泡个脚。"),
    Exchange("", "睡不着", "数数羊。"),
    Exchange("", "早安", "早，{name}！", needs=(FactKind.NAME,)),
    Exchange("", "早安", "怎么称呼你？", forbids=(FactKind.NAME,)),
]


def evidence(good: float) -> Evidence:
    return Evidence(good - 2, good - 4, Likeness(good, good, 0.5, good, 1.0))


def trials(count: int, seed: int = 0) -> list[Trial]:
    """The better the evidence, the more often the candidate is right."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        goods = rng.random(4)
        made.append(
            Trial([evidence(g) for g in goods], [bool(rng.random() < g) for g in goods])
        )
    return made


def test_the_best_backed_candidate_is_chosen() -> None:
    model = ConfidenceModel.fit(trials(300), 0.8)
    assert model.judge([evidence(0.2), evidence(0.9), evidence(0.5)]).index == 1


def test_probabilities_are_calibrated_on_data_never_seen() -> None:
    model = ConfidenceModel.fit(trials(600), 0.8)
    verdicts = [(model.judge(t.evidence), t) for t in trials(600, seed=1)]
    expected = np.mean([v.probability for v, _ in verdicts])
    happened = np.mean([t.right[v.index] for v, t in verdicts])
    assert expected == pytest.approx(happened, abs=0.06)


def test_a_likelier_reply_is_never_held_worse() -> None:
    # Where stutters happen to be counted as right, a free regression would prefer them.
    rng = np.random.default_rng(3)
    odd = []
    for _ in range(200):
        good = evidence(float(rng.random()))
        stutter = replace(good, worst_log_prob=good.worst_log_prob - 6)
        odd.append(Trial([good, stutter], [bool(rng.random() < 0.5), True]))
    model = ConfidenceModel.fit(odd, 0.8)
    assert model.weights[0] >= 0
    assert model.weights[1] >= 0
    good = evidence(0.7)
    stutter = replace(good, worst_log_prob=good.worst_log_prob - 6)
    assert model.judge([good, stutter]).index == 0


def test_the_threshold_keeps_the_wanted_precision() -> None:
    learned = trials(600)
    model = ConfidenceModel.fit(learned, 0.9)
    verdicts = [(model.judge(t.evidence), t) for t in learned]
    sure = [t.right[v.index] for v, t in verdicts if v.probability >= model.threshold]
    assert np.mean(sure) >= 0.9
    assert len(sure) > 30


def test_nothing_right_leaves_the_plain_rule() -> None:
    assert ConfidenceModel.fit([Trial([evidence(0.5)], [False])], 0.8) == UNCALIBRATED


def test_the_plain_rule_trusts_a_likely_reply_with_a_precedent() -> None:
    assert UNCALIBRATED.judge([evidence(0.95)]).probability > 0.5
    assert UNCALIBRATED.judge([evidence(0.1)]).probability < 0.5


def test_saved_and_loaded_it_judges_the_same(tmp_path: Path) -> None:
    model = ConfidenceModel.fit(trials(100), 0.8)
    model.save(tmp_path / "c.json")
    assert ConfidenceModel.load(tmp_path / "c.json") == model


@pytest.mark.parametrize("text", ["", "{}", '{"weights": 1}'])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text, encoding="utf-8")
    with pytest.raises(ArtefactError, match="rasa train"):
        ConfidenceModel.load(tmp_path / "c.json")


def test_the_likest_message_proposes_first() -> None:
    found = Experience(EXCHANGES).recall("", "外面下雨了", ())
    assert found.proposals(2)[0] == "记得带伞。"


def test_what_was_said_before_decides_between_like_messages() -> None:
    experience = Experience(EXCHANGES)
    assert experience.recall("好累早点休息", "睡不着", ()).proposals(1) == ["泡个脚。"]
    assert experience.recall("", "睡不着", ()).proposals(1) == ["数数羊。"]


def test_only_what_suits_the_user_is_proposed() -> None:
    experience = Experience(EXCHANGES)
    known = experience.recall("", "早安", {FactKind.NAME}).proposals(9)
    stranger = experience.recall("", "早安", ()).proposals(9)
    assert "早，{name}！" in known
    assert "怎么称呼你？" not in known
    assert "早，{name}！" not in stranger


def test_strange_characters_make_a_message_unfamiliar() -> None:
    experience = Experience(EXCHANGES)
    plain = experience.recall("", "下雨了", ()).familiarity
    strange = experience.recall("", "下量子纠缠态", ()).familiarity
    assert plain == pytest.approx(1.0)
    assert strange < 0.5


def test_a_reply_without_precedent_has_little_likeness() -> None:
    found = Experience(EXCHANGES).recall("", "下雨了", ())
    backed, strange = found.likeness(["记得带伞。", "火车开了"])
    assert backed.reply == pytest.approx(1.0)
    assert backed.message == pytest.approx(1.0)
    assert strange.reply < 0.2
