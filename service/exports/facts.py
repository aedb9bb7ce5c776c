"""The facts of a summary in the order of the contract, each with a name of its own that page and exports share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from casebrief.service.domain.schema import CaseSummary, Citation, Conflict, Fact, Position, SummaryResponse

NOT_FACTS = ("conflicts", "abstract")


@dataclass(frozen=True)
class Stated:
    """One fact: its name in this summary ("f1", "f2" …; "s1" … for the abstract's sentences) and its field."""

    id: str
    field: str
    fact: Fact[Any]

    @property
    def citations(self) -> list[Citation]:
        return self.fact.citations


@dataclass(frozen=True)
class Said:
    """What one group of sources says in a conflict: its name ("k1-1": conflict and position, from 1), and the conflict."""

    id: str
    conflict: Conflict
    position: Position

    @property
    def citations(self) -> list[Citation]:
        return self.position.citations


def facts(response: SummaryResponse) -> list[Stated]:
    """All facts but the abstract's sentences."""
    found = list(_by_field(response.summary))
    return [Stated(f"f{number}", field, fact) for number, (field, fact) in enumerate(found, 1)]


def abstract_of(response: SummaryResponse) -> list[Stated]:
    """The abstract's sentences."""
    told = response.summary.abstract
    return [Stated(f"s{number}", "abstract", fact) for number, fact in enumerate(told.sentences if told else (), 1)]


def positions(response: SummaryResponse) -> list[list[Said]]:
    """The positions of each conflict."""
    return [
        [Said(f"k{number}-{side}", conflict, position) for side, position in enumerate(conflict.positions, 1)]
        for number, conflict in enumerate(response.summary.conflicts, 1)
    ]


def _by_field(summary: CaseSummary) -> Iterator[tuple[str, Fact[Any]]]:
    for field in CaseSummary.model_fields:
        value = getattr(summary, field)
        if field in NOT_FACTS or value is None:
            continue
        for fact in value if isinstance(value, list) else [value]:
            yield field, fact
