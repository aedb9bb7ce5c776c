"""The picture of `casebrief bench`, as SVG: a bar for each way, the product's by its parts; below, what an article costs by its length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from casebrief.evals.speeds import Length, digits

LEFT, WIDTH, BAR, PLOT = 100, 560, 34, 260
"""Pixels: where bars begin, how long the longest is, a bar with the space below it, the height of the plot."""

PARTS = (("prompt", "prompt_s", "#1f4e79"), ("decoding", "decoding_s", "#b5482a"), ("heads, Python", "heads_and_python_s", "#888888"))
OTHERS = (("server", "server_s", "#bbbbbb"), ("stock", "stock_s", "#bbbbbb"))

Piece = tuple[str, float, str]
"""What it is, its seconds, its colour."""


def picture(title: str, figures: Mapping[str, float], lengths: Sequence[Length]) -> str:
    """The whole picture; what has no figure is not drawn."""
    bars = [("casebrief", [(label, figures[name], colour) for label, name, colour in PARTS if name in figures])]
    bars += [(label, [(label, figures[name], colour)]) for label, name, colour in OTHERS if name in figures]
    below = 30 + BAR * len(bars) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 80}" height="{below + PLOT + 60}" font-family="sans-serif" font-size="13">',
        f'<text x="{LEFT}" y="18">{escape(title)}</text>',
        *_bars(bars),
        *(_plot(lengths, below) if len(lengths) > 1 else ()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _bars(bars: Sequence[tuple[str, Sequence[Piece]]]) -> Iterator[str]:
    longest = max(sum(seconds for _, seconds, _ in pieces) for _, pieces in bars) or 1.0
    for row, (name, pieces) in enumerate(bars):
        x, y = float(LEFT), 30 + row * BAR
        yield f'<text x="{LEFT - 8}" y="{y + 17}" text-anchor="end">{name}</text>'
        for label, seconds, colour in pieces:
            size = WIDTH * seconds / longest
            yield f'<rect x="{x:.1f}" y="{y}" width="{size:.1f}" height="24" fill="{colour}"><title>{label}: {digits(seconds)} s</title></rect>'
            x += size
        yield f'<text x="{x + 6:.1f}" y="{y + 17}">{digits(sum(seconds for _, seconds, _ in pieces))} s</text>'
    y = 30 + len(bars) * BAR
    for place, (label, _, colour) in enumerate(bars[0][1]):
        x = LEFT + 120 * place
        yield f'<rect x="{x}" y="{y + 6}" width="12" height="12" fill="{colour}"/><text x="{x + 17}" y="{y + 17}">{label}</text>'


def _plot(lengths: Sequence[Length], top: int) -> Iterator[str]:
    """Seconds over characters, both axes in logarithms."""
    foot, ceiling = top + 20 + PLOT, max(one.seconds for one in lengths)
    least = min(one.seconds for one in lengths)

    def at(one: Length) -> tuple[float, float]:
        across = math.log(one.characters / lengths[0].characters) / math.log(lengths[-1].characters / lengths[0].characters)
        up = math.log(one.seconds / least) / math.log(ceiling / least) if ceiling > least else 0.0
        return LEFT + across * WIDTH, foot - up * (PLOT - 30)

    yield f'<text x="{LEFT}" y="{top + 14}">Seconds for one article, by its characters (both axes in logarithms)</text>'
    yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in map(at, lengths))}" fill="none" stroke="#1f4e79" stroke-width="2"/>'
    for one in lengths:
        x, y = at(one)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1f4e79"/><text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{digits(one.seconds)}</text>'
        yield f'<text x="{x:.1f}" y="{foot + 20}" text-anchor="middle">{one.characters:,}</text>'
