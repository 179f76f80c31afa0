import pytest

from framework_plugin.errors import SettingsError
from framework_plugin.retrieval import (
    Answer,
    AnswerSettings,
    Choices,
    Hit,
    NoAnswer,
    Passage,
    decide,
)
from framework_plugin.retrieval.answer import decide_by_words

SETTINGS = AnswerSettings(sure=0.6, maybe=0.4, lead=0.05, choices=3)


def hits(*scores: float, trust: float | None = None) -> list[Hit]:
    """Hits of these scores, trusted as far as they are near, or all the same."""
    return [
        Hit(
            Passage(str(n), "源", "源", "", "答", ("问",)),
            "问",
            score,
            score if trust is None else trust,
        )
        for n, score in enumerate(scores)
    ]


def test_a_good_hit_is_the_answer() -> None:
    found = hits(0.6, 0.5)

    assert decide(found, SETTINGS) == Answer(found[0])


def test_middling_hits_are_offered_and_no_more_than_allowed() -> None:
    found = hits(0.59, 0.5, 0.45, 0.41, 0.2)

    assert decide(found, SETTINGS) == Choices(tuple(found[:3]))


def test_two_good_hits_side_by_side_are_offered() -> None:
    found = hits(0.8, 0.78)

    assert decide(found, SETTINGS) == Choices(tuple(found))


def test_the_very_wording_is_answered_however_near_the_next() -> None:
    found = hits(1.0, 0.99)

    assert decide(found, SETTINGS) == Answer(found[0])


def test_what_is_far_behind_the_best_is_not_offered() -> None:
    found = hits(0.5, 0.36, 0.34)

    assert decide(found, SETTINGS) == Choices(tuple(found[:2]))


def test_a_near_wording_that_is_not_trusted_is_no_answer() -> None:
    assert decide(hits(0.8, 0.3, trust=0.39), SETTINGS) == NoAnswer()


def test_what_is_trusted_is_the_answer_however_few_of_its_words_are_asked() -> None:
    found = hits(0.45, 0.2, trust=0.7)

    assert decide(found, SETTINGS) == Answer(found[0])


def test_of_single_words_scores_alone_decide() -> None:
    found = hits(0.8, 0.3, trust=0.1)

    assert isinstance(decide_by_words(found, SETTINGS), Answer)
    assert decide(found, SETTINGS) == NoAnswer()


@pytest.mark.parametrize("scores", [(), (0.39, 0.1)])
def test_nothing_near_is_no_answer(scores: tuple[float, ...]) -> None:
    assert decide(hits(*scores), SETTINGS) == NoAnswer()


@pytest.mark.parametrize(
    ("sure", "maybe", "lead", "choices"),
    [
        (0.3, 0.5, 0.0, 3),
        (1.2, 0.5, 0.0, 3),
        (0.5, 0.0, 0.0, 3),
        (0.5, 0.4, 1.5, 3),
        (0.5, 0.4, 0.0, 0),
    ],
)
def test_impossible_settings_are_refused(
    sure: float, maybe: float, lead: float, choices: int
) -> None:
    with pytest.raises(SettingsError, match="Expected"):
        AnswerSettings(sure, maybe, lead, choices)
