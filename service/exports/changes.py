"""Changes of a case in lines: what kind, of what, the value as people read it, and the articles whose words show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from casebrief.service.cases.changes import KINDS, Change
from casebrief.service.domain.schema import Fact
from casebrief.service.exports.wording import LABELS, dated, quoted, shown, sources

NOTHING_CHANGED = "nothing changed"


def line(change: Change) -> str:
    """One change in one line.

    "changed: Status: pending (was: filed) [a2]"
    """
    was = f" (was: {_value(change.field, change.was)})" if change.was else ""
    return " ".join(f"{change.kind}: {_label(change)}: {_told(change)}{was} [{sources(change.citations)}]".split())


def counted(changes: Sequence[Change]) -> str:
    """All changes in one line: by kind, how many of what; of a conflict, what it is about.

    "contradicted: users; new: 2 Timeline, Figures"
    """
    parts = []
    for kind in KINDS:
        counts = Counter(_label(change) for change in changes if change.kind == kind)
        if counts:
            parts.append(f"{kind}: " + ", ".join(f"{count} {label}" if count > 1 else label for label, count in counts.items()))
    return "; ".join(parts) or NOTHING_CHANGED


def _label(change: Change) -> str:
    return change.conflict.about if change.conflict else LABELS.get(change.field, change.field)


def _told(change: Change) -> str:
    if change.fact:
        return _value(change.field, change.fact)
    assert change.conflict
    return " / ".join(f"{position.value} [{sources(position.citations)}]" for position in change.conflict.positions)


def _value(field: str, fact: Fact[Any]) -> str:
    if field == "timeline":
        return f"{dated(fact)}: {fact.value}"
    return quoted(fact) if field == "quotes" else shown(field, fact)
