"""What the training data must not hold: names of the evaluation's cases. Read at run time, only to be left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).resolve().parents[2] / "evals" / "cases"
NAMED = ("caption", "judge", "plaintiffs", "defendants", "counsel", "quotes", "responses")


@cache
def names_of_cases(folder: Path = CASES) -> frozenset[str]:
    """The words, in lower case, of all names of people, companies and firms that cases of a folder label."""
    found: set[str] = set()
    for path in sorted(folder.glob("*/case.yaml")):
        for fact in yaml.safe_load(path.read_text(encoding="utf-8"))["facts"]:
            if fact["field"] in NAMED:
                for value in [fact["value"], *fact.get("accept", [])]:
                    for words in _texts(value):
                        found |= {word.casefold() for word in re.findall(r"[A-Z][^\W\d_]{2,}", words)}
    return frozenset(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (value[key] for key in ("name", "speaker", "plaintiff", "defendant") if isinstance(value.get(key), str))
