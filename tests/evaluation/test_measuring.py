import pytest

from framework_plugin.evaluation import measuring
from framework_plugin.evaluation.cases import unanswerable_cases
from tests.evaluation.recorded import AllAlike, Recorded, measured, small_corpus


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    # Sets that the few replies of a small corpus can fill.
    monkeypatch.setattr(measuring, "CANDIDATE_SETS", (2, 3))
    return small_corpus(tmp_path)


def test_cases_with_known_facts_are_measured_with_and_without_them(corpus) -> None:
    outcomes = measured(corpus, Recorded())
    both = [o.without_profile is not None for o in outcomes]
    assert both == [True] * 4 + [False] * 4
    assert outcomes[0].served.case.known
    assert not outcomes[0].without_profile.case.known


def test_both_are_ranked_among_the_same_candidates(corpus) -> None:
    subject = Recorded()
    measured(corpus, subject)
    (_, with_facts), (_, without) = subject.scored[:2]
    assert with_facts == without


def test_the_true_reply_comes_first_and_the_others_are_wrong(corpus) -> None:
    subject = Recorded()
    measured(corpus, subject)
    for case, candidates in subject.scored:
        assert candidates[0] == case.references[0]
        assert len(candidates) == len(set(candidates)) == 3
        assert not set(candidates[1:]) & set(case.references)


def test_wrong_replies_say_the_name_of_this_user_or_none(corpus) -> None:
    subject = Recorded()
    measured(corpus, subject)
    candidates = [text for _, replies in subject.scored for text in replies]
    assert not any("{" in text for text in candidates)
    for case, replies in subject.scored[-4:]:
        names = [text for text in replies if case.values["name"] in text]
        assert names == [], "a name that is not known gives the wrong reply away"


def test_a_set_that_the_replies_cannot_fill_is_left_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(measuring, "CANDIDATE_SETS", (2, 20))
    outcomes = measured(small_corpus(tmp_path), Recorded())
    assert {tuple(o.served.ranks) for o in outcomes} == {(2,)}


def test_who_finds_all_alike_ranks_the_true_reply_last(corpus) -> None:
    outcomes = measured(corpus, AllAlike())
    assert all(o.served.ranks == {2: 2, 3: 3} for o in outcomes)


def test_right_is_what_the_judge_says_and_silence_never_is(corpus) -> None:
    rain = [o.served.right for o in measured(corpus, Recorded("记得带伞。"))]
    assert rain == [False, False, False, False, True, True, False, False]
    assert not any(o.served.right for o in measured(corpus, Recorded("")))


def test_unanswerable_messages_are_asked_but_not_scored(corpus) -> None:
    (case,) = unanswerable_cases(["法国首都"])
    subject = Recorded()
    last = measured(corpus, subject, case)[-1]
    assert last.without_profile is None
    assert not last.served.right
    assert last.served.log_probs == ()
    assert case not in [scored for scored, _ in subject.scored]


def test_cases_are_measured_only_when_asked_for(corpus) -> None:
    subject = Recorded()
    measurer = measuring.Measurer(subject, lambda *_: True, [], 1)
    outcomes = measurer.measure(unanswerable_cases(["一", "二", "三"]))
    next(outcomes)
    assert len(subject.asked) == 1
