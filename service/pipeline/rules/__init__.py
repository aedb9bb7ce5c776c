"""What rules find surely. Each module reads one family of fields; `read_by_rules` runs them all over one article."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from casebrief.service.domain.article import View
from casebrief.service.domain.evidence import Evidence
from casebrief.service.pipeline.rules import claims, counsel, numbers, outcomes, parties, proceedings, speech

RULES: tuple[Callable[[View], Iterator[Evidence]], ...] = (
    proceedings.caption,
    proceedings.docket_number,
    proceedings.court,
    proceedings.judge,
    proceedings.filed_on,
    proceedings.proceeding,
    proceedings.status,
    proceedings.class_definition,
    parties.parties,
    counsel.counsel,
    claims.causes_of_action,
    claims.charges,
    claims.allegations,
    claims.relief_sought,
    outcomes.rulings,
    speech.responses,
    speech.quotes,
    numbers.timeline,
    numbers.figures,
)


def read_by_rules(view: View) -> list[Evidence]:
    """All evidence that rules find in one article."""
    return [evidence for rule in RULES for evidence in rule(view)]
