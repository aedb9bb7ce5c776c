"""Two annotators' labels of the same cases: Krippendorff's alpha per field, on facts matched as an evaluation would match them."""

from __future__ import annotations

from collections.abc import Sequence

from casebrief.evals.labels import FIELDS, Case, LabelledFact
from casebrief.evals.matching import tokens
from casebrief.evals.scoring import shown


def alpha(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Krippendorff's alpha for nominal data of two coders without missing values (Krippendorff 2011), or ``None`` for no pair.

    >>> alpha([("a", "a"), ("b", "b"), ("a", "a")])
    1.0
    """
    if not pairs:
        return None
    values = [value for pair in pairs for value in pair]
    counts = {value: values.count(value) for value in set(values)}
    observed = sum(a != b for a, b in pairs) / len(pairs)
    total = len(values)
    expected = 1 - sum(n * (n - 1) for n in counts.values()) / (total * (total - 1))
    return 1.0 if expected == 0 else 1 - observed / expected


def agreement(first: Sequence[Case], second: Sequence[Case]) -> dict[str, tuple[int, float | None]]:
    """Units and alpha per field. A unit is a fact of either annotator; where only one has it, the other's coding is "absent"."""
    found: dict[str, tuple[int, float | None]] = {}
    by_id = {case.id: case for case in second}
    for name in FIELDS:
        pairs: list[tuple[str, str]] = []
        for case in first:
            if case.id in by_id:
                pairs += _units(_coded(case, name), _coded(by_id[case.id], name))
        if pairs:
            found[name] = (len(pairs), alpha(pairs))
    return found


def _coded(case: Case, name: str) -> list[str]:
    return [_code(fact) for fact in case.facts if fact.field == name]


def _code(fact: LabelledFact) -> str:
    return " ".join(tokens(shown(fact.value)))


def _units(one: list[str], other: list[str]) -> list[tuple[str, str]]:
    left = list(other)
    pairs = []
    for code in one:
        if code in left:
            left.remove(code)
            pairs.append((code, code))
        else:
            pairs.append((code, "absent"))
    return [*pairs, *(("absent", code) for code in left)]
