"""A judge learns from labelled pairs what the formula cannot know."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.evaluation.calibration import (
    expected_calibration_error,
    reliability,
)
from framework_plugin.retrieval import (
    Answer,
    AnswerSettings,
    Passage,
    PassageIndex,
    coverage,
    decide,
)
from framework_plugin.retrieval.associations import Associations
from framework_plugin.retrieval.calibration import Calibration, threshold
from framework_plugin.retrieval.cases import Case, cases
from framework_plugin.retrieval.labelled import lessons, own_wordings
from framework_plugin.retrieval.learning import group_of, learned
from framework_plugin.retrieval.ranker import EVIDENCE, LearnedJudge
from framework_plugin.retrieval.ranker_file import load_judge, save_judge
from framework_plugin.retrieval.sentence_vectors import Remembering, WordMeans
from framework_plugin.retrieval.validation import validated
from tests.retrieval.shops import MATTERS, entries, pairs

NEW = "花瓶"
"""A thing of which no judge has learned."""


@pytest.fixture(scope="module")
def index() -> PassageIndex:
    return PassageIndex(entries())


@pytest.fixture(scope="module")
def known(index: PassageIndex) -> list[Case]:
    given = lessons(pairs(), index, index.plain)
    assert given.strangers == ()
    return [case for case in cases(index, given.questions) if case]


@pytest.fixture(scope="module")
def judge(known: list[Case]) -> LearnedJudge:
    return learned(known)


@pytest.fixture
def saved(judge: LearnedJudge, tmp_path: Path) -> Path:
    file = tmp_path / "models" / "ranker.npz"
    save_judge(judge, file)
    return file


def found_rightly(judge: LearnedJudge | None) -> int:
    """How many matters of a new thing are found, in the words of users."""
    faq = [Passage(asks, "", "", "", "答", (f"{NEW}{asks}",)) for asks in MATTERS]
    index = PassageIndex([*faq, *entries()], judge=judge)
    hits = {asks: index.search(f"{NEW}{said}") for asks, said in MATTERS.items()}
    return sum(found[0].passage.id == asks for asks, found in hits.items())


def test_what_users_say_is_learned_for_things_never_asked_about(
    judge: LearnedJudge,
) -> None:
    assert found_rightly(None) < len(MATTERS)
    assert found_rightly(judge) == len(MATTERS)


def test_the_judge_is_better_on_questions_it_did_not_learn_from(
    known: list[Case],
) -> None:
    result = validated(known)

    assert result.learned.first > result.formula.first + 0.3
    assert result.learned.area is not None
    assert result.learned.area > 0.95
    assert result.is_better


def test_from_labels_that_mean_nothing_nothing_better_is_learned(
    index: PassageIndex,
) -> None:
    chance = random.Random(3)
    mixed = [pair.wording for pair in pairs()]
    chance.shuffle(mixed)
    noise = [
        type(pair)(pair.question, wording, pair.right)
        for pair, wording in zip(pairs(), mixed, strict=True)
    ]
    given = lessons(noise, index, index.plain)
    asked = [case for case in cases(index, given.questions) if case]

    assert not validated(asked).is_better


def test_too_few_questions_are_refused(known: list[Case]) -> None:
    with pytest.raises(DocumentError, match="too few to learn from"):
        validated(known[:20])


def test_questions_about_one_passage_stay_together(known: list[Case]) -> None:
    groups = {group_of(case) for case in known}

    assert len(groups) == len({case.question.text for case in known})


def test_scores_keep_their_meaning_whatever_the_precision(
    judge: LearnedJudge, known: list[Case]
) -> None:
    calibration = Calibration(slope=0.7, shift=-0.2, sure=0.83, maybe=0.3)
    case = known[0]
    raw = judge.raw(case.candidates)
    scores = judge.calibrated(calibration)(case.candidates)
    likely = calibration.probability(raw)

    assert ((scores >= AnswerSettings().sure) == (likely >= 0.83)).all()
    assert ((scores >= AnswerSettings().maybe) == (likely >= 0.3)).all()
    assert (np.argsort(raw) == np.argsort(scores)).all()
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_the_very_wording_is_answered_by_every_judge(judge: LearnedJudge) -> None:
    never = judge.calibrated(Calibration(sure=0.999))
    index = PassageIndex(entries(), judge=never)

    for passage in entries():
        decision = decide(index.search(passage.questions[0]))
        assert isinstance(decision, Answer)
        assert decision.hit.passage == passage


def test_prose_is_judged_by_the_formula(judge: LearnedJudge) -> None:
    prose = Passage("p", "手册", "手册", "保养", "花瓶用清水擦洗，再晾干。")
    index = PassageIndex([*entries(), prose], judge=judge)
    found = index.candidates("花瓶用清水擦洗")
    assert found is not None
    given = found[1]

    assert given.prose.any()
    assert judge(given)[given.prose] == pytest.approx(coverage(given)[given.prose])


def test_each_wording_is_judged_by_itself(
    judge: LearnedJudge, known: list[Case]
) -> None:
    # So that the parts of an index may be judged one by one.
    case = known[5]
    together = judge.raw(case.candidates)
    for row in range(len(together)):
        alone = case.shared(np.array([row])).candidates
        assert judge.raw(alone)[0] == pytest.approx(together[row], abs=1e-4)


def test_a_judge_that_was_saved_judges_the_same(
    judge: LearnedJudge, known: list[Case], saved: Path
) -> None:
    again = load_judge(saved)

    for case in known[:20]:
        assert judge(case.candidates) == pytest.approx(again(case.candidates), abs=1e-5)
    assert list(saved.parent.iterdir()) == [saved]


def test_a_judge_with_word_vectors_is_saved_with_them(
    known: list[Case], tmp_path: Path
) -> None:
    vectors = Remembering(
        WordMeans.learned([*(case.question.text for case in known), *MATTERS], 8)
    )
    judge = learned(known, vectors)
    save_judge(judge, tmp_path / "ranker.npz")
    again = load_judge(tmp_path / "ranker.npz")

    assert len(judge.weights) == len(EVIDENCE)
    assert again(known[0].candidates) == pytest.approx(
        judge(known[0].candidates), abs=0.01
    )


def changed(file: Path, **values: object) -> Path:
    """The file of a judge with something else in what it tells of itself."""
    with np.load(file) as arrays:
        content = {name: arrays[name] for name in arrays.files}
    about = json.loads(str(content["about"])) | values
    content["about"] = np.array(json.dumps(about))
    with file.open("wb") as stream:
        np.savez(stream, **content)
    return file


def test_a_judge_of_another_version_is_refused(saved: Path) -> None:
    with pytest.raises(DocumentError, match="its format is 99, expected 1"):
        load_judge(changed(saved, format=99))


def test_a_judge_of_other_evidence_is_refused(saved: Path) -> None:
    with pytest.raises(DocumentError, match="weighs other evidence"):
        load_judge(changed(saved, evidence=["length"]))


def test_a_damaged_file_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:1000])
    with pytest.raises(DocumentError, match="documents learn"):
        load_judge(saved)


def test_pickled_objects_are_refused(saved: Path) -> None:
    with saved.open("wb") as stream:
        np.savez(stream, about=np.array([{"format": 1}], dtype=object))
    with pytest.raises(DocumentError, match="cannot be used"):
        load_judge(saved)


def test_what_is_no_judge_at_all_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ranker.npz"
    with pytest.raises(DocumentError, match="There is no judge"):
        load_judge(file)
    file.write_text("nothing", encoding="utf-8")
    with pytest.raises(DocumentError, match="cannot be used"):
        load_judge(file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("weights.npy", b"")
    with pytest.raises(DocumentError, match="cannot be used"):
        load_judge(file)


def test_associations_tell_which_words_stand_for_one_another() -> None:
    alike = [(["运费", "多少"], ["邮费", "多少"])] * 5
    unlike = [(["退货", "多少"], ["邮费", "多少"])] * 5
    found = Associations.learned(alike, unlike)
    ((same, other),) = found.between(["邮费"], ["运费", "退货"]).tolist()

    assert same > 1
    assert other < -1
    assert found.between(["邮费"], ["多少", "新"]).tolist() == [[0, 0]]
    assert found.by_itself(["运费"])[0] > 0 > found.by_itself(["退货"])[0]


def test_own_wordings_are_found_by_the_others_only() -> None:
    faq = [
        Passage("a", "", "", "", "", ("怎么退货", "退货流程")),
        Passage("b", "", "", "", "", ("怎么付款",)),
    ]
    index = PassageIndex(faq)
    questions = own_wordings(faq)
    (first, _) = cases(index, questions)

    assert [question.text for question in questions] == ["怎么退货", "退货流程"]
    assert first is not None
    assert "怎么退货" not in list(first.candidates.wordings)
    assert first.nearest.keys() == {"a", "b"}


def test_a_calibrated_probability_means_what_it_says() -> None:
    chance = np.random.default_rng(2)
    raw = chance.normal(0, 4, 4000).astype(np.float32)
    # The judge is three times as sure of itself as it should be.
    right = chance.random(4000) < 1 / (1 + np.exp(-(raw / 3 - 0.5)))
    before, after = Calibration(), Calibration.fitted(raw[:2000].tolist(), right[:2000])
    errors = [
        expected_calibration_error(
            reliability(each.probability(raw[2000:]).tolist(), right[2000:].tolist())
        )
        for each in (before, after)
    ]

    assert errors[0] > 0.1
    assert errors[1] < 0.03
    assert after.slope == pytest.approx(1 / 3, abs=0.05)


def test_the_threshold_is_the_lowest_with_the_wanted_precision() -> None:
    probabilities = [i / 100 for i in range(100)]
    right = [i >= 50 or i % 2 == 0 for i in range(100)]

    assert threshold(1.0, probabilities, right) == 0.5
    assert threshold(0.9, probabilities, right) == pytest.approx(0.37, abs=0.02)
    assert threshold(0.9, probabilities, [False] * 100) is None
    assert threshold(0.9, probabilities[:10], [True] * 10) is None


def test_a_question_whose_entry_is_not_found_teaches_nothing_and_harms_nothing(
    known: list[Case],
) -> None:
    other = type(known[0].question)("围巾怎么清洗", frozenset(["gone"]))
    lost = Case(other, known[0].shared(np.zeros(0, int)).candidates, [])
    vectors = WordMeans.learned([case.question.text for case in known], 8)

    assert len(learned([*known, lost], Remembering(vectors)).weights) == len(EVIDENCE)
