"""What a product that reads perfectly answers to dressed articles: its citations slice the dressed texts."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from casebrief.evals.dress import DRESSES, Dressed, dressed
from casebrief.evals.labels import Case


def worn(case: Case, dress: str, response: dict[str, Any], *, wide: bool) -> dict[str, Any]:
    """A response to the plain texts as one to the dressed ones; ``wide`` cites what the dress inserts before the words as well.

    What is copied is copied from the dressed text.
    """
    told = copy.deepcopy(response)
    texts = {article.id: dressed(article.text, DRESSES[dress](article.text)) for article in case.articles}
    for item in _items(told["summary"]):
        for citation in item.get("citations", []):
            copied = item.get("value") == citation["quote"]
            start, end = _place(texts[citation["article"]], citation["start"], citation["end"], wide=wide)
            citation |= {"start": start, "end": end, "quote": texts[citation["article"]].text[start:end]}
            if copied and citation is item["citations"][0]:
                item |= {"value": citation["quote"], "guarantee": "copied"}
    return told


def _place(text: Dressed, start: int, end: int, *, wide: bool) -> tuple[int, int]:
    first = text.places.index(start)
    while not wide and text.places[first + 1] == start and first + 1 < len(text.text):
        first += 1
    return first, len(text.places) - text.places[::-1].index(end - 1)


def _items(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Items, and the positions of conflicts."""
    for value in summary.values():
        for item in value if isinstance(value, list) else [value] if value else []:
            yield item
            yield from item.get("positions", [])
