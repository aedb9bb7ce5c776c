"""Nothing of the evaluation in the training data: ``python -m casebrief.models.training.check [FURTHER_TEXTS …]``.

Looks through generated articles and the lists they are made of for names that cases label, for whole sentences of their articles
and of further texts, and for runs of eight words in common that are not a law's or an office's own name.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from casebrief.models.training.avoid import CASES, names_of_cases
from casebrief.models.training.composing import compose
from casebrief.models.training.filling import Names, lists
from casebrief.service.domain.spans import lines, sentences

ARTICLES, SEED = 1000, 11
COMMON = 9
"""Words in a row that two texts may not share."""

FORMULAS = (
    "did not immediately respond to a request for comment",
    "all persons and entities that purchased or otherwise acquired",
    "the u s attorney s office for the district of",
    "title vii of the civil rights act of 1964",
    "sections 10 b and 20 a of the securities exchange act of 1934 and sec rule 10b 5",
)
"""Set phrases of the trade that are longer; all court reporting shares them."""

WORDS_OF_ALL = frozenset(
    "act acts america american and another attorney circuit chief civil commission committee company consumer copyright county court courts data department district division employment equal european exchange "
    "executive federal fair first general group health high holdings home house indian industrial insurance international justice labor law lawyer limited market media motors national new north northern office opportunity "
    "orders people police power product protection public pty rights securities service services society south southern spokesman spokeswoman state states supreme systems system trade union united western workers "
    "ceo ftc eeoc sec inc llp pllc ltd llc plc corp the for lead counsel judge justice foods energy retail water".split()
)
"""Words of names that belong to everybody: offices, legal forms, trades."""


def generated(articles: int = ARTICLES, seed: int = SEED) -> list[str]:
    """Sentences of generated articles, as the training draws them."""
    chance, names = random.Random(seed), Names(seed, names_of_cases())  # noqa: S311 - data, no secrets
    return [sentence.text for _ in range(articles) for sentence in compose(names, chance)]


def problems(told: list[str], texts: Iterable[str]) -> Iterator[str]:
    """What of some texts, or of the cases' names, is found in generated sentences."""
    names = names_of_cases() - WORDS_OF_ALL - _places()
    found = sorted({word for text in told for word in re.findall(r"[A-Z][^\W\d_]{2,}", text) if word.casefold() in names})
    if found:
        yield f"names of cases: {', '.join(found)}"
    mine = {_bare(sentence) for sentence in told}
    runs = {run for sentence in told for run in _runs(sentence)}
    for text in texts:
        for line in lines(text):
            for span in sentences(text, line):
                words = _bare(span.of(text))
                if len(words.split()) >= 5 and words in mine:
                    yield f"a sentence: {span.of(text)}"
        shared = sorted({run for line in lines(text) for run in _runs(line.of(text))} & runs)
        yield from (f"{COMMON} words in a row: {' '.join(run)}" for run in shared if not any(" ".join(run) in formula for formula in FORMULAS))


def _texts_of(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for part in node.values() if isinstance(node, dict) else node:
            yield from _texts_of(part)


def _places() -> frozenset[str]:
    return frozenset(word.casefold() for row in lists()["places"].values() for place in row for word in place.split())


def _bare(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", sentence.casefold()))


def _runs(sentence: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", sentence.casefold())
    return {tuple(words[i : i + COMMON]) for i in range(len(words) - COMMON + 1)}


def texts_of_cases() -> list[str]:
    """The articles of all evaluation cases."""
    return [path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/*.txt"))]


def main() -> None:
    texts = texts_of_cases() + [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
    told = generated() + [f"{words}." for words in _texts_of(lists())]
    found = list(dict.fromkeys(problems(told, texts)))
    print(*found, f"{len(told)} sentences generated, {len(texts)} texts compared: {len(found)} problems", sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
