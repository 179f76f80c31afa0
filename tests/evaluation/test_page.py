import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from framework_plugin.evaluation.calibration import coverage_curve, reliability
from framework_plugin.evaluation.comparison import compare
from framework_plugin.evaluation.page import page
from framework_plugin.evaluation.rasa_reports import find_rasa_reports
from framework_plugin.evaluation.report import report_on
from framework_plugin.evaluation.samples import HeatMap
from framework_plugin.evaluation.svg import (
    coverage_chart,
    length_chart,
    reliability_chart,
)
from tests.evaluation.recorded import Recorded, about, measured, small_corpus

ATTACK = '<script>alert("x")</script>\'&'
_VOID = {"meta", "br", "circle", "rect", "polyline"}


class Tags(HTMLParser):
    """Makes sure that every tag is closed, and keeps what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID or tag == "circle" or tag == "rect":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def tags_of(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    return tags


@pytest.fixture
def report(tmp_path):
    outcomes = measured(small_corpus(tmp_path), Recorded())
    return report_on(outcomes, about())


def test_the_page_is_whole_and_shows_figures_plots_replies_and_attention(
    report,
) -> None:
    html = page(report)
    tags = tags_of(html)
    assert [tag for tag, _ in tags.seen].count("svg") == 3
    assert "hits@1 of 20" in html
    assert "记得带伞。" in html
    assert 'style="--w:0.70"' in html
    assert "BLEU-4|nrefs:var" in html
    assert "Beside other reports" not in html


def test_the_page_needs_nothing_from_elsewhere(report) -> None:
    tags = tags_of(page(report))
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags.seen}
    assert "http" not in re.sub(r'http-equiv="[^"]*"', "", page(report))
    policy = next(a["content"] for t, a in tags.seen if a.get("http-equiv"))
    assert "default-src 'none'" in policy


def test_what_users_and_files_say_cannot_become_part_of_the_page(
    tmp_path, report
) -> None:
    attacked = replace(
        report,
        about=about(name=ATTACK, model=ATTACK, corpus=ATTACK, notes=(ATTACK,)),
        heat_maps=[HeatMap((ATTACK,), (ATTACK,), ((1.0,),))],
        samples={
            "spread": [
                replace(
                    report.samples["spread"][0],
                    turns=((ATTACK, ATTACK),),
                    facts=((ATTACK, ATTACK),),
                    reply=ATTACK,
                    references=(ATTACK,),
                    origin=ATTACK,
                )
            ]
        },
        signatures={ATTACK: ATTACK},
    )
    (tmp_path / "a<b>_report.json").write_text('{"accuracy": 1}', encoding="utf-8")
    both = compare([(attacked.about, dict(report.figures))])
    html = page(attacked, both, find_rasa_reports(tmp_path), tmp_path)
    assert "<script" not in html
    assert "<b>_" not in html
    assert {"script", "alert"} & {tag for tag, _ in tags_of(html).seen} == set()


def test_an_interrupted_evaluation_says_so(report) -> None:
    assert "interrupted" not in page(report)
    cut = replace(report, about=about(asked=70))
    assert "7 of 70" in page(cut)


def test_rasas_reports_are_summed_up_and_linked_from_where_the_page_lies(
    tmp_path, report
) -> None:
    results = tmp_path / "results"
    results.mkdir()
    weighted = {"precision": 0.9, "recall": 0.8, "f1-score": 0.85, "support": 4}
    content = {"greet": {}, "accuracy": 0.75, "weighted avg": weighted}
    (results / "intent_report.json").write_text(json.dumps(content), encoding="utf-8")
    (results / "story_report.json").write_text("{", encoding="utf-8")
    (results / "list_report.json").write_text("[]", encoding="utf-8")
    (results / "odd_report.json").write_text('{"accuracy": "x"}', encoding="utf-8")
    found = find_rasa_reports(results)
    assert [each.name for each in found] == ["intent", "odd"]
    assert (found[0].accuracy, found[0].f1) == (0.75, 0.85)
    assert found[1].accuracy is None
    html = page(report, rasa=found, folder=tmp_path / "reports")
    assert 'href="../results/intent_report.json"' in html
    assert "75.0 %" in html


def test_without_a_results_folder_there_is_nothing_to_link(tmp_path) -> None:
    assert find_rasa_reports(tmp_path / "none") == []


def test_the_charts_are_well_formed_and_stay_inside_their_frame() -> None:
    confidences, right = [0.1, 0.5, 0.9, 1.0], [False, True, True, True]
    charts = [
        reliability_chart(reliability(confidences, right)),
        coverage_chart(coverage_curve(confidences, right), 0.9),
        length_chart([0, 3, 1], [1, 1], 4),
    ]
    for chart in charts:
        width, height = map(float, ET.fromstring(chart).get("viewBox").split()[2:])
        for shape in ET.fromstring(chart):
            for place in (shape.get("points") or "").split():
                x, y = map(float, place.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height


def test_the_charts_of_nothing_are_empty_frames() -> None:
    assert "circle" not in reliability_chart(reliability([], []))
    assert "curve" not in coverage_chart([], None)
    assert "rect" not in length_chart([], [], 4)


def test_the_dot_on_the_curve_is_the_threshold_in_use() -> None:
    points = coverage_curve([0.2, 0.9, 0.6, 0.8], [False, True, True, False])
    assert "threshold 0.80: 50% answered, 50% right" in coverage_chart(points, 0.7)
