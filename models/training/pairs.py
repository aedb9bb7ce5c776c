"""Which pairs of facts conflict, fitted to the marks of the training corpus: ``python -m casebrief.models.training.pairs``.

The marks of every case are merged as if the reader had told exactly them, and pairs whose places a labelled conflict sets against each other are what is to be
found. Prints the weights as `casebrief.service.domain.merging.differing` and `undoing` have them, and what they find of cases that they were not fitted to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from casebrief.evals.converting import labelled
from casebrief.evals.labels import Case
from casebrief.evals.marked import MarkedArticle, MarkedCase, load_folder
from casebrief.evals.matching import touch
from casebrief.models.engine import Usage
from casebrief.models.training import CORPUS
from casebrief.models.training.feeding import split
from casebrief.service.domain.merging import differing
from casebrief.service.domain.merging.decisions import groups_of
from casebrief.service.domain.merging.figures import numbers
from casebrief.service.domain.merging.likeness import Likeness
from casebrief.service.domain.merging.sources import Group, Material, Sources
from casebrief.service.domain.merging.sums import Worths
from casebrief.service.domain.merging.undoing import Decisions
from casebrief.service.domain.merging.weighing import Signs, chance
from casebrief.service.domain.spans import Span, lines, sentences
from casebrief.service.pipeline.articles import Submitted, article_of
from casebrief.service.pipeline.gathering import Belief, Tagged, gathered
from casebrief.service.pipeline.pasted import as_pasted
from casebrief.service.pipeline.typed import Tag
from numpy.typing import NDArray

PARTS = 5
"""Cases are cut into so many parts; each is told by weights that were fitted to the others."""

PULL = 1.0
"""Weight of the squared weights beside the likelihood, but for that of "always"."""

STEPS = 30


@dataclass(frozen=True)
class Told:
    """A pair of a case that could conflict: its groups, what tells of it, and the numbers of the labelled conflicts that it is."""

    case: str
    pair: tuple[Group, Group]
    signs: Signs
    conflicts: frozenset[int]


# ---------------------------------------------------------------------- cases as they are marked


def materials(cases: Sequence[MarkedCase]) -> Iterator[tuple[Case, Material]]:
    """What merging would have of cases of several articles if the reader told exactly their marks; without those whose texts are read otherwise than they stand."""
    for case in cases:
        if len(case.articles) > 1 and all(as_pasted(article.text).view.text == article.text for article in case.articles):
            yield labelled(case), _material(case, labelled(case).articles)


def _material(case: MarkedCase, submitted: Sequence[Submitted]) -> Material:
    told = [_tagged(case, article, sent) for article, sent in zip(case.articles, submitted, strict=True)]
    found = gathered(told, Belief(lambda field: 0.0, lambda field, probability: probability), Usage())
    one = found.main or found.cases[0]
    articles = [view.article for view in one.dossier.views]
    sources = Sources(
        {article.id: article.text for article in articles},
        {article.id: article.published_on for article in articles},
        one.dossier.copies,
        {article.id: article.story.used for article in articles},
    )
    return Material.of_all([item for read in one.reads for item in read.evidence], sources, one.dossier.case)


def _tagged(case: MarkedCase, article: MarkedArticle, submitted: Submitted) -> Tagged:
    """The marks of an article as a reader tells them that is always right and sure."""
    furniture = [Span(*span) for span in article.furniture]
    paragraphs = [sentences(article.text, line) for line in lines(article.text)]
    around = [(span, Span(paragraph[0].start, paragraph[-1].end)) for paragraph in paragraphs for span in paragraph]
    tags = []
    for mark in article.marks:
        span = Span(mark.start, mark.end)
        within = [place for place in around if place[0].meets(span)]
        if within and not any(span.meets(line) for line in furniture):
            sentence = Span(within[0][0].start, within[-1][0].end)
            tags.append(Tag(mark.field, span, sentence, within[0][1], 1.0, mark.member or "", 1.0, ()))
    story = [[span for span in paragraph if not any(span.meets(line) for line in furniture)] for paragraph in paragraphs]
    classes = {"related": {"related" if article.related else "unrelated": 1.0}, "proceeding": {case.kind: 1.0}, "status": {article.status: 1.0}}
    return Tagged(article_of(submitted, story), tuple(sorted(tags, key=lambda tag: (tag.span, tag.label))), {k: v for k, v in classes.items() if "-" not in v})


def _conflicts(case: Case, field: str, pair: tuple[Group, Group]) -> frozenset[int]:
    """The labelled conflicts of which a pair holds two positions."""
    labels = [fact for fact in case.facts if fact.field == "conflicts" and fact.value["field"] == field]

    def positions(number: int) -> set[int]:
        cited = [(item.article, item.span) for group in pair for item in group]
        return {p.position for p in labels[number].places for article, span in cited if article == p.article and touch(span.start, span.end, p.start, p.end)}

    return frozenset(number for number in range(len(labels)) if len(positions(number)) > 1)


def of_figures(case: Case, material: Material) -> Iterator[Told]:
    """The pairs of numbers of a case."""
    groups, likeness = numbers(material, Worths.of_all(material.sources)), Likeness(material.sources)
    for pair in differing.pairs(groups, material.sources):
        yield Told(case.id, pair, differing.signs(pair, groups, likeness), _conflicts(case, "figures", pair))


def of_rulings(case: Case, material: Material) -> Iterator[Told]:
    """The pairs of decisions of a case."""
    likeness = Likeness(material.sources)
    decisions = Decisions(groups_of(material, "rulings", likeness, Worths.of_all(material.sources)), material, likeness)
    for pair in decisions.pairs():
        yield Told(case.id, pair, decisions.signs(pair), _conflicts(case, "rulings", pair))


# ---------------------------------------------------------------------- weights


def fit(told: Sequence[Told]) -> dict[str, float]:
    """The weights of greatest likelihood less `PULL` times half their squares, by Newton's method."""
    names = ["always", *sorted({name for one in told for name in one.signs})]
    columns = np.array([[1.0, *(one.signs.get(name, 0.0) for name in names[1:])] for one in told])
    right = np.array([float(bool(one.conflicts)) for one in told])
    pull = PULL * np.eye(len(names))
    pull[0, 0] /= 100
    weights: NDArray[np.float64] = np.zeros(len(names))
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-(columns @ weights)))
        slope = columns.T @ (share - right) + pull @ weights
        weights -= np.linalg.solve(columns.T @ (columns * (share * (1 - share))[:, None]) + pull, slope)
    return {name: round(float(weight), 2) for name, weight in zip(names, weights, strict=True)}


def raised(told: Sequence[Told], sure: Sequence[float], least: float) -> tuple[int, int]:
    """How many conflicts would be raised from a probability on, the surest first, each fact in one; and how many labelled ones are among them."""
    taken: set[int] = set()
    met: set[tuple[str, int]] = set()
    count = 0
    for one, _ in sorted(zip(told, sure, strict=True), key=lambda pair: -pair[1])[: sum(chance_ >= least for chance_ in sure)]:
        if not taken & set(map(id, one.pair)):
            taken |= set(map(id, one.pair))
            count += 1
            met |= {(one.case, number) for number in sorted(one.conflicts - {known for case, known in met if case == one.case})[:1]}
    return count, len(met)


def in_parts(told: Sequence[Told]) -> list[float]:
    """The probability of every pair by weights that were fitted to cases of other parts."""
    part = [crc32(one.case.encode()) % PARTS for one in told]
    weights = [fit([one for one, mine in zip(told, part, strict=True) if mine != number]) for number in range(PARTS)]
    return [chance(one.signs, weights[mine]) for one, mine in zip(told, part, strict=True)]


def report(name: str, told: Sequence[Told]) -> None:
    """Print the weights of a field, and what they find at several probabilities."""
    sure = in_parts(told)
    print(f"# {name}: {len({(one.case, number) for one in told for number in one.conflicts})} labelled conflicts among {len(told)} pairs")
    for least in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6):
        count, met = raised(told, sure, least)
        print(f"#   from {least:g}: {count} raised, {met} of them labelled")
    print(f"{name} = {fit(told)}")


PAIRS: Mapping[str, Callable[[Case, Material], Iterator[Told]]] = {"figures": of_figures, "rulings": of_rulings}
"""The fields whose conflicts are weighed, and the pairs of a case."""


def main() -> None:
    """Fit to all cases of the corpus but those that a training holds out."""
    cases, _ = split(load_folder(CORPUS))
    known = list(materials(cases))
    for name, of in PAIRS.items():
        report(name, [one for case, material in known for one in of(case, material)])


if __name__ == "__main__":
    main()
