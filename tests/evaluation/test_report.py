import json
import math

import pytest

from framework_plugin.evaluation import measuring
from framework_plugin.evaluation.cases import unanswerable_cases
from framework_plugin.evaluation.comparison import compare
from framework_plugin.evaluation.figure_kinds import FIGURE_KINDS, shown
from framework_plugin.evaluation.figures import Figure, figures_of
from framework_plugin.evaluation.report import (
    ReportError,
    read_figures,
    report_on,
    write_report,
)
from tests.evaluation.recorded import (
    AllAlike,
    Recorded,
    about,
    measured,
    small_corpus,
)


@pytest.fixture
def outcomes(tmp_path):
    corpus = small_corpus(tmp_path)
    return measured(corpus, AllAlike(), *unanswerable_cases(["法国首都", "1+1"]))


def test_the_figures_are_those_worked_out_by_hand(outcomes) -> None:
    figures = report_on(outcomes, about()).figures["all"]
    assert figures["right"].value == pytest.approx(2 / 8)
    assert figures["sure"].value == 1.0
    assert figures["right_when_sure"].value == pytest.approx(2 / 10)
    assert figures["unanswerable_said"].value == 1.0
    assert figures["perplexity_token"].value == pytest.approx(2.0)
    assert figures["perplexity_character"].value == pytest.approx(2.0)
    assert figures["most_frequent_reply"].value == 1.0
    assert figures["distinct_1"].value == pytest.approx(5 / 40)
    assert figures["length"].value == 5.0
    assert figures["calibration_error"].value == pytest.approx(0.6)
    assert figures["milliseconds_median"].value == 2.0


def test_every_figure_is_explained_and_lies_in_its_interval(outcomes) -> None:
    report = report_on(outcomes, about())
    kinds = {kind.key for kind in FIGURE_KINDS}
    for figures in report.figures.values():
        assert set(figures) <= kinds
        for figure in figures.values():
            assert math.isfinite(figure.value)
            if figure.low is not None:
                assert figure.low <= figure.value <= figure.high


def test_facts_known_and_withheld_are_figures_of_the_same_messages(outcomes) -> None:
    figures = report_on(outcomes, about()).figures
    assert set(figures) == {"all", "with_profile", "without_profile"}
    length = figures["with_profile"]["reference_length"]
    assert length == figures["without_profile"]["reference_length"]


def test_a_reply_that_cannot_be_said_does_not_spoil_perplexity(outcomes) -> None:
    class Speechless(Recorded):
        def log_probs(self, case, replies):
            name = case.values.get("name", "")
            return [[-1e9 if name in text else -1.0] * 2 for text in replies]

    cases = [outcome.served.case for outcome in outcomes]
    measurer = measuring.Measurer(Speechless(), lambda *_: False, [], 1)
    records = [outcome.served for outcome in measurer.measure(cases)]
    figures = figures_of(records, resamples=0)
    assert figures["unsayable_references"].value == pytest.approx(4 / 8)
    assert figures["perplexity_token"].value == pytest.approx(math.e)


def test_messages_without_a_right_reply_alone_have_only_figures_of_confidence() -> None:
    measurer = measuring.Measurer(Recorded(), lambda *_: True, [], 1)
    report = report_on(list(measurer.measure(unanswerable_cases(["1+1"]))), about())
    assert "bleu_4" not in report.figures["all"]
    assert report.figures["all"]["right_when_sure"].value == 0.0
    assert report.signatures == {}


def test_the_lengths_count_every_reply_and_reference(outcomes) -> None:
    lengths = report_on(outcomes, about()).lengths
    assert sum(lengths.replies) == sum(lengths.references) == 8
    assert lengths.replies[5 // lengths.step] == 8


def test_the_samples_show_first_what_was_sure_and_wrong(outcomes) -> None:
    samples = report_on(outcomes, about()).samples
    assert all(s.sure and not s.right for s in samples["sure_but_wrong"])
    likeness = [s.chrf for s in samples["unlike"]]
    assert likeness == sorted(likeness)
    assert "right_but_unsure" not in samples


def test_nothing_measured_is_no_report() -> None:
    with pytest.raises(ReportError, match="Nothing was measured"):
        report_on([], about())


def test_a_written_report_can_be_read_to_be_compared(outcomes, tmp_path) -> None:
    report = report_on(outcomes, about(measured=5))
    write_report(report, tmp_path / "deep" / "r.json")
    read, figures = read_figures(tmp_path / "deep" / "r.json")
    assert read.name == "m"
    assert figures == report.figures
    values = json.loads((tmp_path / "deep" / "r.json").read_text(encoding="utf-8"))
    assert values["format"] == 1
    assert values["complete"] is False
    assert values["figures"]["all"]["right"]["value"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 99}', '{"format": 1, "about": {}, "figures": {}}'],
)
def test_a_file_that_is_no_report_is_named(content, tmp_path) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=r"other\.json.*personal-chat evaluate"):
        read_figures(path)


def test_a_folder_that_cannot_be_made_is_named(outcomes, tmp_path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match="--output"):
        write_report(report_on(outcomes, about()), tmp_path / "file" / "r.json")


def test_reports_of_one_name_are_seeds_of_one_model() -> None:
    def figures(bleu):
        return {"all": {"bleu_4": Figure(bleu)}}

    found = compare(
        [
            (about(name="a"), figures(10.0)),
            (about(name="b"), {"all": {"chrf": Figure(50.0)}}),
            (about(name="a"), figures(14.0)),
        ]
    )
    assert found.names == ("a", "b")
    first, second = found.rows["bleu_4"]
    assert (first.mean, first.seeds) == (12.0, 2)
    assert first.deviation == pytest.approx(8**0.5)
    assert second is None
    assert found.rows["chrf"][1].deviation is None
    assert found.notes == ()


def test_what_must_not_be_compared_is_said() -> None:
    notes = compare(
        [
            (about(), {}),
            (about(corpus="other", tokenizer="char", measured=3), {}),
        ]
    ).notes
    assert len(notes) == 3


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("right", 0.123, "12.3 %"),
        ("perplexity_token", 123.4, "123.4"),
        ("brier", 0.1234, "0.123"),
        ("bleu_4", 1.26, "1.3"),
        ("milliseconds_p95", 3.21, "3.2 ms"),
    ],
)
def test_figures_are_shown_in_their_unit(key, value, text) -> None:
    kind = next(kind for kind in FIGURE_KINDS if kind.key == key)
    assert shown(kind, value) == text
