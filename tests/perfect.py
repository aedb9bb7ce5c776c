"""Perfect outputs made of the labels, and scripted corruptions of them."""

from __future__ import annotations

import copy
import datetime
import random
from collections.abc import Iterator
from typing import Any

from casebrief.evals.labels import MANY, SINGLE, Case, LabelledFact
from casebrief.evals.scoring import shown

Response = dict[str, Any]


def perfect(case: Case) -> Response:
    """A summary that holds every labelled fact as its label has it, each with its evidence."""
    texts = {article.id: article.text for article in case.articles}
    summary: dict[str, Any] = dict.fromkeys(SINGLE) | {name: [] for name in MANY}
    for fact in case.facts:
        item = _item(fact, texts)
        if fact.field in SINGLE:
            summary[fact.field] = item
        else:
            summary[fact.field].append(item)
    return {"summary": summary}


def _item(fact: LabelledFact, texts: dict[str, str]) -> dict[str, Any]:
    citations = [{"article": a, "start": texts[a].find(q), "end": texts[a].find(q) + len(q), "quote": q} for a, q in fact.evidence]
    if fact.places:
        citations = [{"article": p.article, "start": p.start, "end": p.end, "quote": texts[p.article][p.start : p.end]} for p in fact.places]
    value = fact.value
    if fact.field == "conflicts":
        cited = [
            [c for c, p in zip(citations, fact.places, strict=True) if p.position == n] if fact.places else citations[:1] for n in range(len(value["values"]))
        ]
        positions = [{"value": str(v), "normalized": None, "citations": found} for v, found in zip(value["values"], cited, strict=True)]
        return {"field": value["field"], "about": value["about"], "kind": value["kind"], "positions": positions}
    item: dict[str, Any] = {"value": shown(value), "normalized": None, "guarantee": "normalized", "confidence": 1.0, "citations": citations}
    if isinstance(value, dict):
        item["normalized"] = {key: _plain(part) for key, part in value.items() if key not in ("event", "what", "of", "text", "phrase")}
        if fact.field == "quotes":
            item["value"] = value["text"]
        if value.get("date", "x") is None:
            item["normalized"], item["value"] = None, str(value.get("phrase"))
    elif fact.field in ("plaintiffs", "defendants", "judge", "causes_of_action"):
        item["normalized"] = {"name": value}
    elif fact.field in ("relief_sought", "rulings"):
        item["normalized"] = {"kind": "other"}
    elif fact.field == "docket_number":
        item["normalized"] = {"number": value}
    return item


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, datetime.date) else value


def corruptions(case: Case, chance: random.Random) -> Iterator[tuple[str, str, Response]]:
    """(name, field, corrupted response), each with one thing wrong."""
    right = perfect(case)

    def changed() -> Response:
        return copy.deepcopy(right)

    for field in (*SINGLE, *MANY):
        items = _items(right, field)
        for index in range(len(items)):
            response = changed()
            _drop(response, field, index)
            yield "dropped", field, response
        if items and field in MANY and field != "conflicts":
            response = changed()
            invented = copy.deepcopy(chance.choice(items)) | {"value": "Zzyzx Quuxington", "normalized": None, "citations": []}
            response["summary"][field].append(invented)
            yield "invented", field, response
    for field in ("filed_on", "timeline"):
        for index, item in enumerate(_items(right, field)):
            if item["normalized"] and len(item["normalized"]["date"]) == 10:
                response = changed()
                day = datetime.date.fromisoformat(item["normalized"]["date"]) + datetime.timedelta(days=chance.choice([-1, 1]))
                _items(response, field)[index]["normalized"]["date"] = day.isoformat()
                yield "day moved", field, response
    for field in ("relief_sought", "rulings"):
        for index, item in enumerate(_items(right, field)):
            if (item["normalized"] or {}).get("amount"):
                response = changed()
                _items(response, field)[index]["normalized"]["amount"] *= 10
                yield "amount times ten", field, response
    for index, item in enumerate(_items(right, "quotes")):
        response = changed()
        words = item["value"].split()
        words[len(words) // 2] = "zebra"
        _items(response, "quotes")[index]["value"] = " ".join(words)
        yield "quote altered by one word", "quotes", response
    caption = right["summary"]["caption"]
    if caption and " v" in caption["value"]:
        left, sign, other = next((a, s, b) for s in (" v. ", " v ") for a, found, b in [caption["value"].partition(s)] if found)
        response = changed()
        response["summary"]["caption"]["value"] = f"{other}{sign}{left}"
        yield "sides swapped", "caption", response
    if _items(right, "plaintiffs") and _items(right, "defendants"):
        response = changed()
        told = response["summary"]
        told["plaintiffs"], told["defendants"] = told["defendants"], told["plaintiffs"]
        yield "plaintiff and defendant swapped", "plaintiffs", response


def harmless(case: Case, chance: random.Random) -> Iterator[tuple[str, Response]]:
    """Changes that mean the same: a list shuffled, an accepted form used."""
    for _ in range(3):
        response = copy.deepcopy(perfect(case))
        for field in MANY:
            chance.shuffle(response["summary"][field])
        yield "shuffled", response
    for fact in case.facts:
        if fact.field in ("plaintiffs", "defendants", "judge", "causes_of_action", "caption") and len(fact.forms) > 1 and isinstance(fact.forms[1], str):
            response = copy.deepcopy(perfect(case))
            for item in _items(response, fact.field):
                if item["value"] == shown(fact.value):
                    item["value"] = fact.forms[1]
                    if item["normalized"]:
                        item["normalized"]["name"] = fact.forms[1]
            yield "alias", response


def _items(response: Response, field: str) -> list[dict[str, Any]]:
    found = response["summary"][field]
    return found if isinstance(found, list) else [found] if found else []


def _drop(response: Response, field: str, index: int) -> None:
    if field in SINGLE:
        response["summary"][field] = None
    else:
        del response["summary"][field][index]
