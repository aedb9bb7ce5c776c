"""What case files refuse, as problems for HTTP, and the tags that guard a case against lost updates."""

from __future__ import annotations

import re

from casebrief.service.cases.errors import BadName, CaseChanged, CaseError, CaseExists, CasesFault, EmptyCase, NoSuchCase, NoSuchNumber
from casebrief.service.edges.problems import Problem

_TAG = re.compile(r'"(\d{1,15})"', re.ASCII)
_PROBLEMS: dict[type[CaseError], tuple[int, str, str]] = {
    NoSuchCase: (404, "no-such-case", "There is no such case"),
    NoSuchNumber: (422, "no-such-number", "The case was never at that number"),
    CaseExists: (409, "case-exists", "There is a case of that name"),
    EmptyCase: (409, "empty-case", "The case is empty"),
    CaseChanged: (412, "case-changed", "The case was changed meanwhile"),
    BadName: (422, "bad-name", "The name is none for a case"),
    CasesFault: (500, "cases-out-of-reach", "The case files are out of reach"),
}


def of_case(error: CaseError) -> Problem:
    """The problem of what a case file refused."""
    return Problem(*_PROBLEMS[type(error)], str(error))


def tag_of(number: int) -> str:
    """The ETag of a case at a number: whoever changes it may say in If-Match which one they saw."""
    return f'"{number}"'


def number_of(header: str | None) -> int | None:
    """The number of a case that If-Match names; none where any will do. Raises `Problem` 412 for a tag that no case ever had (a weak one never matches: RFC 9110, 13.1.1)."""
    if header is None or header.strip() == "*":
        return None
    found = _TAG.fullmatch(header.strip())
    if not found:
        raise of_case(CaseChanged(f'If-Match {header!r} is no tag of a case: it looks like "7", as ETag has it'))
    return int(found[1])
