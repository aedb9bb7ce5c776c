"""Labelled cases as ``contract/CASES.md`` has them: loading, and saying what is wrong with one."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

import yaml
from casebrief.service.domain.schema import CaseSummary
from casebrief.service.pipeline.articles import Submitted

MANY = tuple(name for name, field in CaseSummary.model_fields.items() if get_origin(field.annotation) is list)
SINGLE = tuple(name for name in CaseSummary.model_fields if name not in (*MANY, "abstract"))
FIELDS = SINGLE + MANY
CLOSED = {
    "proceeding": {"class_action", "civil", "criminal", "regulatory", "appeal"},
    "status": {"filed", "pending", "dismissed", "settled", "decided", "on_appeal"},
}
MEMBERS: dict[str, frozenset[str]] = {
    "caption": frozenset(),
    "docket_number": frozenset(),
    "court": frozenset(),
    "judge": frozenset(),
    "class_definition": frozenset(),
    "filed_on": frozenset(),
    "timeline": frozenset(),
    "proceeding": frozenset(CLOSED["proceeding"]),
    "status": frozenset(CLOSED["status"]),
    "plaintiffs": frozenset(),
    "defendants": frozenset(),
    "counsel": frozenset({"plaintiff", "defendant"}),
    "causes_of_action": frozenset(),
    "allegations": frozenset(),
    "relief_sought": frozenset({"damages", "statutory_damages", "restitution", "fine", "fees", "injunction", "declaration", "jury_trial", "other"}),
    "rulings": frozenset({"settlement", "fine", "damages", "restitution", "fees", "dismissal", "certification", "injunction", "verdict", "sentence", "other"}),
    "responses": frozenset({"denies", "declined_to_comment", "no_response", "admits", "other"}),
    "quotes": frozenset(),
    "speaker": frozenset(),
    "figures": frozenset(),
}
"""Every field that is marked, and its members where it has some."""

NEEDS = {
    "filed_on": {"date", "precision"}, "timeline": {"date", "precision"}, "court": {"name"}, "responses": {"speaker", "stance"},
    "quotes": {"speaker", "text"}, "counsel": {"name", "for"}, "figures": {"quantity", "of"}, "conflicts": {"field", "about", "kind", "values"},
}  # fmt: skip
NUGGETS = {"allegations", "timeline", "class_definition"}


class LabelError(ValueError):
    """A folder of cases that cannot be used; the message lists what is wrong."""


@dataclass(frozen=True)
class Place:
    """``text[start:end]`` of an article states the fact; of a conflict, ``position`` says which side of it."""

    article: str
    start: int
    end: int
    position: int = 0


@dataclass(frozen=True)
class LabelledFact:
    """One fact that a good summary holds. ``forms`` are the value and what is as right as it, ``places`` where it stands, if that is known."""

    field: str
    forms: tuple[Any, ...]
    nugget: tuple[tuple[str, ...], ...]
    vital: bool
    evidence: tuple[tuple[str, str], ...]
    places: tuple[Place, ...] = ()

    @property
    def value(self) -> Any:
        return self.forms[0]


@dataclass(frozen=True)
class Case:
    """One labelled case: its articles as a client sends them, its facts, what is absent, what must not appear."""

    id: str
    note: str
    articles: tuple[Submitted, ...]
    facts: tuple[LabelledFact, ...]
    absent: tuple[str, ...]
    distractors: tuple[str, ...]
    sha256: str

    @property
    def scored(self) -> frozenset[str]:
        """The fields that are judged in this case."""
        return frozenset({fact.field for fact in self.facts} | set(self.absent))


def load_cases(folder: Path, only: tuple[str, ...] = ()) -> list[Case]:
    """The cases of a folder, in the order of their names. Raises `LabelError` when any of them is wrong."""
    folders = [path for path in sorted(folder.iterdir()) if path.is_dir() and (not only or path.name in only)] if folder.is_dir() else []
    if not folders or (only and len(folders) != len(set(only))):
        raise LabelError(f"{folder} holds no cases" if not only else f"{folder} does not hold all of: {', '.join(only)}")
    problems = [f"{path.name}: {problem}" for path in folders for problem in problems_of(path)]
    if problems:
        raise LabelError("\n".join(problems))
    return [_load(path) for path in folders]


def _yaml(folder: Path) -> Any:
    # libyaml's loader is ten times as fast as the one in Python; it is safe as well.
    return yaml.load((folder / "case.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _load(folder: Path) -> Case:
    raw = _yaml(folder)
    digest = hashlib.sha256((folder / "case.yaml").read_bytes())
    articles = []
    for item in raw["articles"]:
        data = (folder / item["file"]).read_bytes()
        digest.update(data)
        articles.append(Submitted(item["id"], data.decode("utf-8"), publisher=item.get("publisher"), published_on=item.get("published_on")))
    facts = tuple(
        LabelledFact(
            fact["field"],
            (fact["value"], *(fact.get("accept") or [])),
            tuple(tuple(group) for group in fact.get("nugget") or []),
            fact["importance"] == "vital",
            tuple((item["article"], item["quote"]) for item in fact["evidence"]),
        )
        for fact in raw["facts"]
    )
    return Case(
        raw["id"],
        raw.get("note") or "",
        tuple(articles),
        facts,
        tuple(raw.get("absent") or ()),
        tuple(map(str, raw.get("distractors") or ())),
        digest.hexdigest(),
    )


def problems_of(folder: Path) -> Iterator[str]:
    """What is wrong with one case folder, in words."""
    try:
        case = _yaml(folder)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        yield f"case.yaml: {' '.join(str(error).split())}"
        return
    if not isinstance(case, dict):
        yield "case.yaml is no mapping"
        return
    if case.get("id") != folder.name:
        yield f"id {case.get('id')!r} is not the folder's name"
    texts, faults = _texts(folder, case)
    yield from faults
    yield from _facts(case, texts)
    told = {fact.get("field") for fact in case.get("facts") or []}
    for name in case.get("absent") or []:
        if name not in FIELDS:
            yield f"absent: unknown field {name!r}"
        if name in told:
            yield f"absent: {name} has a fact as well"
    everything = "\n".join(texts.values())
    for text in case.get("distractors") or []:
        if str(text) not in everything:
            yield f"distractor is in no article: {text!r}"


def _texts(folder: Path, case: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    texts: dict[str, str] = {}
    faults = []
    for article in case.get("articles") or []:
        path = folder / str(article.get("file"))
        if not path.is_file():
            faults.append(f"{article.get('id')}: no file {article.get('file')}")
            continue
        if article["id"] in texts:
            faults.append(f"{article['id']}: a second article with this id")
        texts[article["id"]] = path.read_bytes().decode("utf-8")
        if not isinstance(article.get("published_on"), datetime.date | None):
            faults.append(f"{article['id']}: published_on is no date: {article['published_on']!r}")
    if not texts:
        faults.append("no articles")
    return texts, faults


def _facts(case: dict[str, Any], texts: dict[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    for number, fact in enumerate(case.get("facts") or [], 1):
        field, value = fact.get("field"), fact.get("value")
        where = f"fact {number} ({field})"
        if field not in FIELDS:
            yield f"{where}: unknown field"
            continue
        if field in SINGLE and field in seen:
            yield f"{where}: a second value for a single-valued field"
        seen.add(field)
        yield from (f"{where}: {problem}" for problem in _value(field, value, fact))
        yield from (f"{where}: {problem}" for problem in _evidence(fact, texts))


def _value(field: str, value: Any, fact: dict[str, Any]) -> Iterator[str]:
    if value in (None, "", {}):
        yield "no value"
    if field in CLOSED and value not in CLOSED[field]:
        yield f"{value!r} is not one of {sorted(CLOSED[field])}"
    if field in NEEDS and (not isinstance(value, dict) or not NEEDS[field] <= set(value)):
        yield f"value needs the keys {sorted(NEEDS[field])}"
    if field in NUGGETS and not fact.get("nugget"):
        yield "needs a nugget"
    for group in fact.get("nugget") or []:
        if not isinstance(group, list) or not group or not all(isinstance(item, str) and item for item in group):
            yield f"a nugget group is a list of strings, found {group!r}"
    if fact.get("importance") not in {"vital", "okay"}:
        yield "importance is vital or okay"


def _evidence(fact: dict[str, Any], texts: dict[str, str]) -> Iterator[str]:
    evidence = fact.get("evidence") or []
    if not evidence:
        yield "no evidence"
    for item in evidence:
        if item.get("article") not in texts:
            yield f"evidence from unknown article {item.get('article')!r}"
        elif str(item.get("quote")) not in texts[item["article"]]:
            yield f"not in {item['article']}: {item.get('quote')!r}"
    told = " ".join(str(item.get("quote")) for item in evidence).casefold()
    for group in fact.get("nugget") or []:
        if isinstance(group, list) and evidence and not any(str(item).casefold() in told for item in group):
            yield f"no string of the nugget group {group} is in its own evidence"
