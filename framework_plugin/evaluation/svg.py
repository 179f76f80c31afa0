"""Small charts as SVG text, drawn in the colours of the page that holds them.

Colours are CSS classes (`one`, `two`, `grid`, `ink`), so that a chart is right on a
light page and on a dark one. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from framework_plugin.evaluation.calibration import CoveragePoint, ReliabilityBin

WIDTH, HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 14, 44


@dataclass
class _Canvas:
    """A frame with axes; values are given in units of the axes.

    Args:
        title: What the chart shows, for those who cannot see it.
        x_most: The largest value of the x axis, which begins at 0.
        y_most: Of the y axis.
    """

    title: str
    x_most: float = 1.0
    y_most: float = 1.0
    parts: list[str] = field(default_factory=list)

    def x(self, value: float) -> float:
        """The place of a value on the x axis."""
        return _LEFT + value / self.x_most * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """The place of a value on the y axis."""
        return HEIGHT - _BOTTOM - value / self.y_most * (HEIGHT - _TOP - _BOTTOM)

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through points."""
        places = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.parts.append(f'<polyline class="{kind}" points="{places}"/>')

    def dot(self, x: float, y: float, radius: float, hint: str) -> None:
        """A dot that says `hint` when pointed at."""
        self.parts.append(
            f'<circle class="one" cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" '
            f'r="{radius:.1f}"><title>{escape(hint)}</title></circle>'
        )

    def bar(self, x: float, width: float, height: float, kind: str, hint: str) -> None:
        """A bar that stands on the x axis."""
        left, top = self.x(x), self.y(height)
        self.parts.append(
            f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" '
            f'width="{max(self.x(x + width) - left, 0.5):.1f}" '
            f'height="{max(self.y(0) - top, 0):.1f}">'
            f"<title>{escape(hint)}</title></rect>"
        )

    def text(self, x: float, y: float, words: str, anchor: str = "middle") -> None:
        """Words at a place in pixels."""
        self.parts.append(
            f'<text class="ink" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    def axes(
        self,
        x_name: str,
        y_name: str,
        x_ticks: Sequence[tuple[float, str]],
        y_ticks: Sequence[tuple[float, str]],
    ) -> None:
        """Grid, ticks and names of both axes."""
        for value, words in y_ticks:
            self.line([(0, value), (self.x_most, value)], "grid")
            self.text(_LEFT - 6, self.y(value) + 4, words, "end")
        for value, words in x_ticks:
            self.text(self.x(value), HEIGHT - _BOTTOM + 16, words)
        self.text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, x_name)
        middle = (_TOP + HEIGHT - _BOTTOM) / 2
        self.parts.append(
            f'<text class="ink" transform="translate(13 {middle:.0f}) rotate(-90)" '
            f'text-anchor="middle">{escape(y_name)}</text>'
        )

    def drawn(self) -> str:
        """The whole chart."""
        return (
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(self.title)}">{"".join(self.parts)}</svg>'
        )


_SHARES = [(i / 4, f"{i * 25} %") for i in range(5)]


def reliability_chart(bins: Sequence[ReliabilityBin]) -> str:
    """Share of right replies over confidence; on the dashed line both are equal.

    The size of a dot tells how many replies it stands for, its whisker the 95 %
    interval of the share.
    """
    canvas = _Canvas("Reliability: share of right replies over confidence")
    canvas.axes("confidence", "right", _SHARES, _SHARES)
    canvas.line([(0, 0), (1, 1)], "ideal")
    most = max((each.count for each in bins), default=0)
    for each in bins:
        if each.count:
            x = each.confidence
            canvas.line([(x, each.right_low), (x, each.right_high)], "whisker")
            hint = f"{each.count} replies, confidence {x:.0%}, right {each.right:.0%}"
            canvas.dot(x, each.right, 3 + 7 * (each.count / most) ** 0.5, hint)
    return canvas.drawn()


def coverage_chart(points: Sequence[CoveragePoint], threshold: float | None) -> str:
    """Share of right replies over share of messages answered.

    Args:
        points: From the strictest threshold to none.
        threshold: The one in use, shown by a dot.
    """
    canvas = _Canvas("Precision over coverage")
    canvas.axes("messages answered", "right of those", _SHARES, _SHARES)
    if points:
        canvas.line([(point.coverage, point.precision) for point in points], "curve")
    used = [p for p in points if threshold is not None and p.threshold >= threshold]
    if used:
        at = used[-1]
        hint = f"threshold {at.threshold:.2f}: {at.coverage:.0%} answered"
        canvas.dot(at.coverage, at.precision, 6, f"{hint}, {at.precision:.0%} right")
    return canvas.drawn()


def length_chart(replies: Sequence[int], references: Sequence[int], step: int) -> str:
    """Lengths of replies (left bars) and of references (right bars).

    Args:
        replies: How many in each bin.
        references: How many in each bin.
        step: Characters that a bin is wide.
    """
    bins = max(len(replies), len(references), 1)
    most = max([*replies, *references, 1])
    canvas = _Canvas("Lengths of replies and references", bins, most * 1.05)
    every = max(1, bins // 8)
    x_ticks = [(float(i), str(i * step)) for i in range(0, bins + 1, every)]
    y_ticks = [(float(v), str(v)) for v in sorted({0, most // 2, most})]
    canvas.axes("characters", "messages", x_ticks, y_ticks)
    for kind, counts, shift in (("one", replies, 0.08), ("two", references, 0.5)):
        for place, count in enumerate(counts):
            if count:
                hint = (
                    f"{place * step} to {place * step + step - 1} characters: {count}"
                )
                canvas.bar(place + shift, 0.42, count, kind, hint)
    return canvas.drawn()
