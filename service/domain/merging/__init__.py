"""From the evidence of all articles to facts: group what states the same, count independent sources, keep what differs.

A file a question: `parties` (who), `newest` (what there is one of), `acts`, `decisions`, `answers`, `events`, `figures`. `grouping` and `likeness` say
what is the same, `facts` makes a fact of it with its citations, `conflicts` sets side by side what cannot both hold. All of them are pure functions of
the evidence, the articles it is from (`sources`), and the case.
"""

from __future__ import annotations

from collections.abc import Sequence

from casebrief.service.domain.article import CaseIdentity
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.merging import newest
from casebrief.service.domain.merging.acts import allegations, causes
from casebrief.service.domain.merging.answers import quotes, responses
from casebrief.service.domain.merging.decisions import relief, rulings
from casebrief.service.domain.merging.events import timeline
from casebrief.service.domain.merging.figures import figures
from casebrief.service.domain.merging.likeness import Likeness
from casebrief.service.domain.merging.parties import counsel, parties
from casebrief.service.domain.merging.sources import Material, Sources
from casebrief.service.domain.merging.sums import Worths
from casebrief.service.domain.schema import CaseSummary

__all__ = ["Sources", "merge"]

ONE = {
    "caption": newest.caption,
    "docket_number": newest.docket_number,
    "court": newest.court,
    "judge": newest.judge,
    "filed_on": newest.filed_on,
    "proceeding": newest.proceeding,
    "status": newest.status,
    "class_definition": newest.class_definition,
}
"""Fields of which there is one, and what chooses it."""


def merge(evidence: Sequence[Evidence], sources: Sources, case: CaseIdentity) -> CaseSummary:
    """All fields of the summary but the abstract."""
    material, likeness, worths = Material.of_all(evidence, sources, case), Likeness(sources), Worths.of_all(sources)
    one = {name: choose(material) for name, choose in ONE.items()}
    many = {
        "rulings": rulings(material, likeness, worths),
        "responses": responses(material, likeness),
        "timeline": timeline(material, likeness),
        "figures": figures(material, likeness, worths),
    }
    alone = {
        "plaintiffs": parties(material, "plaintiffs"),
        "defendants": parties(material, "defendants"),
        "counsel": counsel(material),
        "causes_of_action": causes(material),
        "allegations": allegations(material, likeness),
        "quotes": quotes(material),
        "relief_sought": relief(material, likeness, worths),
    }
    conflicts = [found for _, several in (*one.values(), *many.values()) for found in several]
    facts = {name: stated for name, (stated, _) in (*one.items(), *many.items())}
    return CaseSummary.model_validate({**facts, **alone, "conflicts": conflicts})
