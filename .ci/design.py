"""Draws the house from its code, for DESIGN.md: `python3 .ci/design.py` (make design); needs nothing but Python.

`docs/pictures/rooms.svg`: the rooms (folders and files right under the four at the top, each with the first words of its docstring), an arrow for
each room that another imports. An arrow that follows from others is left out. `docs/pictures/way.svg`: the way of one article (`WAY`), with the first
words of the docstrings of what it passes.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple, cast

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
TOPS = ("evals", "service", "prompts", "models")
APART = {"models/training"}
"""Rooms of their own, though they lie in another: what is imported there, the other does not import."""

WAY = (
    ("service/edges", "requests.py", "to_sent"),
    ("service/edges", "desk.py", "Desk.run"),
    ("service/edges", "received.py", "receive"),
    ("service/files", "reading.py", "read_file"),
    ("service/pipeline", "pasted.py", "as_pasted"),
    ("service/pipeline", "labelled.py", "LabelReader.read"),
    ("models", "supervisor.py", "SupervisedEngine.label"),
    ("models", "labels.py", "LabelEngine.step"),
    ("service/pipeline", "gathering.py", "gathered"),
    ("service/pipeline", "typed.py", "evidence_of"),
    ("service/domain", "evidence.py", "grounded"),
    ("service/domain", "merging/__init__.py", "merge"),
    ("service/domain", "abstract.py", "abstract"),
    ("service/pipeline", "ledger.py", "ledger_line"),
    ("service/pipeline", "pasted.py", "as_sent"),
    ("service/edges", "received.py", "Received.told"),
)
"""What an article passes from the door to the summary, in order: room, file, function."""

Graph = Mapping[str, frozenset[str]]

BOX = (232, 54)
GAP = (26, 34)
STEP = (196, 46)
STYLE = (
    "<style>text{font-family:sans-serif;fill:#1c2733}.n{font-size:13px;font-weight:bold}.w{font-size:11px;fill:#4a5763}"
    "rect{fill:#f4f7fa;stroke:#1f4e79}.lane{fill:#fff;stroke:#d5dde5}path{fill:none;stroke:#5f7f9f;stroke-width:1.4;marker-end:url(#a)}</style>"
    '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" '
    'style="fill:#5f7f9f;stroke:none;marker-end:none"/></marker></defs>'
)


# ------------------------------------------------------------------ what the code says


def room_of(parts: tuple[str, ...]) -> str | None:
    """The room of a module by its path, if it lies in one.

    >>> room_of(("service", "domain", "money")), room_of(("models", "llama")), room_of(("models", "training", "train")), room_of(("service",))
    ('service/domain', 'models', 'models/training', None)
    """
    inner = "/".join(parts[:2])
    if inner in APART:
        return inner
    if parts[:1] == ("service",):
        return inner if len(parts) > 1 else None
    return parts[0] if parts[:1] and parts[0] in TOPS else None


def imports() -> Graph:
    """Each room with those that it imports, anywhere in its code."""
    found: dict[str, set[str]] = {}
    for path in sorted(file for top in TOPS for file in (ROOT / top).rglob("*.py")):
        room = room_of(_parts(path))
        if room:
            found.setdefault(room, set()).update(other for name in _imported(path) if (other := room_of(name)) and other != room)
    return {room: frozenset(others) for room, others in found.items()}


def _parts(path: Path) -> tuple[str, ...]:
    inner = path.relative_to(ROOT).with_suffix("")
    return inner.parent.parts if inner.name == "__init__" else inner.parts


def _imported(path: Path) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (tuple(name.split("."))[1:] for name in names if name.startswith("casebrief."))


def below(graph: Graph, room: str) -> frozenset[str]:
    """All that a room imports, and what that imports."""
    return frozenset().union(*({other} | below(graph, other) for other in graph[room]))


def needed(graph: Graph) -> Graph:
    """The imports that do not follow from others."""
    return {room: frozenset(other for other in others if not any(other in below(graph, third) for third in others)) for room, others in graph.items()}


def rows(graph: Graph) -> list[list[str]]:
    """The rooms from the top down, each right below the lowest of those that import it."""

    def depth(room: str) -> int:
        return max((depth(other) + 1 for other in graph if room in graph[other]), default=0)

    depths = {room: depth(room) for room in graph}
    return [
        sorted((room for room in graph if depths[room] == row), key=lambda room: (-len(below(graph, room)), room)) for row in range(max(depths.values()) + 1)
    ]


def first_words(docstring: str | None) -> str:
    """What a docstring says before its first stop.

    >>> first_words("Jobs: what is to be read. Their file.")
    'Jobs'
    """
    return re.split(r"[.:;](?:\s|$)", docstring or "", maxsplit=1)[0]


def _purpose(room: str) -> str:
    path = ROOT / room / "__init__.py"
    return first_words(ast.get_docstring(ast.parse((path if path.exists() else ROOT / f"{room}.py").read_text(encoding="utf-8"))))


def step_words(room: str, file: str, name: str) -> str:
    """The first words of a function's docstring, or of its class's where it only says what to see. Raises `LookupError` where there is no such function."""
    node: ast.Module | ast.ClassDef | ast.FunctionDef = ast.parse((ROOT / room / file).read_text(encoding="utf-8"))
    words = ""
    for part in name.split("."):
        inside = [one for one in node.body if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and one.name == part]
        if not inside:
            raise LookupError(f"{room}/{file} has no {name}: mend WAY in .ci/design.py")
        node = cast("ast.ClassDef | ast.FunctionDef", inside[0])
        told = ast.get_docstring(node)
        words = words if not told or told.startswith("See ") else told
    return first_words(words)


# ------------------------------------------------------------------ the pictures


class Place(NamedTuple):
    """The middle of a box's upper edge, in pixels."""

    x: float
    y: float


def rooms_picture(graph: Graph) -> str:
    """The rooms, one row below the other, and the arrows that do not follow from others."""
    columns = _columns(graph)
    width = (max(columns.values()) - min(columns.values()) + 1) * (BOX[0] + GAP[0]) + GAP[0]
    left = (BOX[0] + GAP[0]) * (0.5 - min(columns.values())) + GAP[0] / 2
    down = {room: number for number, row in enumerate(rows(graph)) for room in row}
    places = {room: Place(left + column * (BOX[0] + GAP[0]), GAP[1] / 2 + down[room] * (BOX[1] + GAP[1])) for room, column in columns.items()}
    arrows = [_arrow(places[room], places[other]) for room, others in sorted(needed(graph).items()) for other in sorted(others)]
    boxes = [line for room, place in sorted(places.items()) for line in _box(place, BOX, room, _purpose(room), 40)]
    return _svg(width, (max(down.values()) + 1) * (BOX[1] + GAP[1]), [*arrows, *boxes])


def _columns(graph: Graph) -> dict[str, int]:
    """The column of each room: 0 for that of a row which stands on most; the others beside it, on the side of those that import them."""
    drawn, columns = needed(graph), dict[str, int]()
    for row in rows(graph):
        taken = {0: 0, -1: 0, 1: 0}
        for room in row:
            pull = sum(columns[other] for other in columns if room in drawn[other])
            side = 0 if room == row[0] else -1 if pull < 0 or (pull == 0 and taken[1] > taken[-1]) else 1
            taken[side] += 1
            columns[room] = side * taken[side]
    return columns


def _arrow(above: Place, under: Place) -> str:
    """Straight down, and over to the other in the last gap."""
    turn = under.y - GAP[1]
    return f'<path d="M{above.x:g} {above.y + BOX[1]:g}V{turn:g}C{above.x:g} {under.y - GAP[1] / 2:g} {under.x:g} {turn:g} {under.x:g} {under.y:g}"/>'


def way_picture() -> str:
    """The way of an article: a column for each room, a box for each step, in order from above."""
    lanes = list(dict.fromkeys(room for room, _, _ in WAY))
    wide, high = STEP[0] + 16, STEP[1] + 16
    width, height = len(lanes) * wide, 34 + len(WAY) * high
    lines = []
    for number, lane in enumerate(lanes):
        lines += [
            f'<rect class="lane" x="{number * wide + 1}" y="1" width="{wide - 2}" height="{height - 2}"/>',
            _text(number * wide + wide / 2, 20, "n", lane),
        ]
    places = [Place(lanes.index(room) * wide + wide / 2, 34 + number * high) for number, (room, _, _) in enumerate(WAY)]
    for one, other in itertools.pairwise(places):
        end = f"V{other.y:g}" if one.x == other.x else f"V{other.y + STEP[1] / 2:g}H{other.x - math.copysign(STEP[0] / 2, other.x - one.x):g}"
        lines.append(f'<path d="M{one.x:g} {one.y + STEP[1]:g}{end}"/>')
    for place, (room, file, name) in zip(places, WAY, strict=True):
        lines += _box(place, STEP, name, step_words(room, file, name), 36)
    return _svg(width, height, lines)


def _box(place: Place, size: tuple[int, int], name: str, words: str, longest: int) -> Iterator[str]:
    yield f'<rect x="{place.x - size[0] / 2:g}" y="{place.y:g}" width="{size[0]}" height="{size[1]}" rx="5"/>'
    yield _text(place.x, place.y + 16, "n", name)
    for number, line in enumerate(textwrap.wrap(words, longest, max_lines=2, placeholder=" …")):
        yield _text(place.x, place.y + 29 + 12 * number, "w", line)


def _text(x: float, y: float, kind: str, words: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="middle">{escape(words)}</text>'


def _svg(width: float, height: float, lines: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">{STYLE}'
    return "\n".join([head, '<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>', *lines, "</svg>\n"])


def pictures() -> dict[Path, str]:
    """Each picture's file and what belongs in it."""
    return {PICTURES / "rooms.svg": rooms_picture(imports()), PICTURES / "way.svg": way_picture()}


if __name__ == "__main__":
    for path, told in pictures().items():
        path.write_text(told, encoding="utf-8")
        print(path.relative_to(ROOT))
