"""Nothing of the evaluation in the training data: ``python -m casebrief.models.training.check [FURTHER_TEXTS …]``.

Looks through the articles of the corpus for the made-up names of the evaluation's cases, for whole sentences of their articles and of further texts, and
for runs of nine words in common that are no set phrase of the trade. A surname, or a company's first word, may occur in both: only names of two words and
more are taken for somebody's own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from casebrief.evals.marked import load_folder
from casebrief.models.training import CORPUS
from casebrief.models.training.examples import passages

EVALS = Path(__file__).resolve().parents[2] / "evals"
CASES, MARKED = EVALS / "cases", EVALS / "corpus" / "dev"

COMMON = 9
"""Words in a row that two texts may not share."""

SENTENCE = 6
"""Words of the shortest sentence that counts."""

NAMED = ("caption", "judge", "plaintiffs", "defendants", "counsel", "quotes", "responses")
"""Fields of labelled cases that tell names."""

KEYS = ("name", "speaker", "plaintiff", "defendant")
"""Where they tell them."""

NOT_MADE_UP = ("agency", "place")
"""Kinds of names that may be real."""

FORMULAS = (
    "as lead plaintiff you must move the court no later than",
    "attorney advertising prior results do not guarantee a similar outcome",
    "case was investigated by the federal bureau of investigation and",
    "did not immediately respond to a request for comment",
    "earn a commission when you buy through links on",
    "all rights reserved this material may not be published",
    "everyone in the united states whose information was exposed",
    "in the u s court of appeals for the",
    "in the u s district court for the southern district of florida",
    "in u s district court for the western district of north carolina",
    "in u s district court in salt lake city",
    "section 7 of the clayton act and section 5 of the ftc act the",
    "sections 10 b and 20 a of the securities exchange act of 1934",
    "title vii of the civil rights act of 1964 the",
    "comments are closed on this story",
    "listen to this article 4 min",
    "sign up for our morning newsletter",
    "today s e edition obituaries jobs subscribe for 1",
)
"""Set phrases of the trade, as the evaluation's texts use them: laws, courts, notices, page furniture. All court reporting shares them."""

OF_ALL = frozenset(
    "a an and another associate attorney attorneys general ceo chief circuit co col commission commissioner common company corp court department district dr employment "
    "equal esq executive federal inc justice kc judge llc llp lord lady ltd magistrate mr mrs ms office officer opportunity ors others people plc pllc president prof professor "
    "pty sc senior sir state states the trade u s united us vice chancellor illinois colorado".split()
)
"""Words about a name that are not of it, and words of offices that are real."""

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[A-Z][\w’'-]*\.?(?: (?:& )?[A-Z][\w’'-]*\.?)+")


def bare(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case, without punctuation."""
    return tuple(_WORD.findall(text.casefold()))


def full_names(told: str) -> Iterator[tuple[str, ...]]:
    """The names of two words and more in some words, titles, offices and legal forms at their ends aside.

    >>> list(full_names("Chief Executive Rolf Dansereau of Arcadine Motors Inc."))
    [('rolf', 'dansereau'), ('arcadine', 'motors')]
    >>> list(full_names("Dansereau v. U.S. Federal Trade Commission"))
    []
    """
    for match in _NAME.finditer(told):
        words = list(bare(match.group()))
        while words and words[0] in OF_ALL:
            del words[0]
        while words and words[-1] in OF_ALL:
            del words[-1]
        if len(words) > 1:
            yield tuple(words)


def names_of_evaluation() -> frozenset[tuple[str, ...]]:
    """The full made-up names of all cases that judge the product."""
    told = [text for path in sorted(CASES.glob("*/case.yaml")) for fact in yaml.safe_load(path.read_text(encoding="utf-8"))["facts"] for text in _told(fact)]
    told += [form for case in load_folder(MARKED) for name in case.names if name.kind not in NOT_MADE_UP for form in name.forms]
    return frozenset(name for text in told for name in full_names(text))


def _told(fact: dict[str, Any]) -> Iterator[str]:
    if fact["field"] in NAMED:
        for value in (fact["value"], *fact.get("accept", ())):
            yield from (text for text in ([value] if isinstance(value, str) else map(value.get, KEYS)) if isinstance(text, str))


def texts_of_evaluation() -> list[str]:
    """The articles of all cases that judge the product."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/*.txt"))]
    return texts + [article.text for case in load_folder(MARKED) for article in case.articles]


def texts_of_training() -> list[str]:
    """The articles that are taught."""
    return [article.text for case in load_folder(CORPUS) for article in case.articles]


def problems(taught: Sequence[str], texts: Iterable[str], names: Iterable[tuple[str, ...]]) -> list[str]:
    """What of some texts and names stands in texts that are taught, a line each."""
    words = [bare(text) for text in taught]
    everything = "".join(f" {' '.join(row)} \n" for row in words)
    runs = {run for row in words for run in _runs(row)}
    sentences = {bare(span.of(text)) for text in taught for span in passages(text)}
    found = [f"a name: {' '.join(name)}" for name in sorted(names) if f" {' '.join(name)} " in everything]
    for text in texts:
        told = (span.of(text) for span in passages(text))
        found += [f"a sentence: {one}" for one in told if len(bare(one)) >= SENTENCE and bare(one) in sentences and not _of_the_trade(bare(one))]
        found += [f"{COMMON} words in a row: {' '.join(run)}" for run in _runs(bare(text)) if run in runs and not _of_the_trade(run)]
    return list(dict.fromkeys(found))


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[place : place + COMMON]) for place in range(len(words) - COMMON + 1))


def _of_the_trade(words: Sequence[str]) -> bool:
    return any(f" {' '.join(words)} " in f" {formula} " for formula in FORMULAS)


def main() -> None:
    texts = texts_of_evaluation() + [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
    taught, names = texts_of_training(), names_of_evaluation()
    found = problems(taught, texts, names)
    print(*found, f"{len(taught)} articles are taught; {len(texts)} texts and {len(names)} names compared: {len(found)} problems", sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
