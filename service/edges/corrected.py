"""A kept case as people corrected it, and a correction of it: the way that page, HTTP API and command line share."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casebrief.service.cases.errors import CasesFault, EmptyCase
from casebrief.service.cases.store import CaseStore, Opened
from casebrief.service.corrections.asking import Wanted, corrections_of
from casebrief.service.corrections.laying import applied
from casebrief.service.corrections.model import Correction
from casebrief.service.corrections.words import Sources
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.pipeline.articles import Submitted
from pydantic import TypeAdapter, ValidationError

_submitted: TypeAdapter[Submitted] = TypeAdapter(Submitted)


@dataclass(frozen=True)
class CaseNow:
    """A case of one moment: its number, its summary as it is corrected, and the texts of its articles by id."""

    name: str
    number: int
    response: SummaryResponse
    texts: Mapping[str, str]


def case_now(store: CaseStore, name: str) -> CaseNow:
    """A case as it is shown. Raises `NoSuchCase`, `EmptyCase` or `CasesFault`."""
    return corrected(store.opened(name))


def corrected(opened: Opened) -> CaseNow:
    """What was opened, its corrections laid over its summary. Raises `EmptyCase` or `CasesFault`."""
    case = opened.case
    if opened.summary is None:
        raise EmptyCase(f"nothing was added to {case.name} yet")
    try:
        texts = {article.id: _submitted.validate_json(article.content).text for article in opened.articles}
        response = SummaryResponse.model_validate_json(opened.summary.response)
    except ValidationError as error:
        raise CasesFault(f"{case.name} cannot be understood: {error.errors()[0]['msg']}") from None
    return CaseNow(case.name, case.number, applied(response, corrections_of_case(opened), texts), texts)


def corrections_of_case(opened: Opened) -> list[Correction]:
    """The corrections of what was opened, in the order in which they were made. Raises `CasesFault`."""
    try:
        return [Correction.model_validate_json(kept.correction) for kept in opened.corrections]
    except ValidationError as error:
        raise CasesFault(f"a correction of {opened.case.name} cannot be understood: {error.errors()[0]['msg']}") from None


def correct(store: CaseStore, name: str, wanted: Sequence[Wanted], by: str, at_number: int | None = None) -> CaseNow:
    """Correct a case: all that is wanted, or nothing. ``at_number``: the number of the case that the person saw.

    Raises:
        CorrectionFault: something wanted does not fit the case.
        CaseChanged: the case is no longer at the number that was seen.
        NoSuchCase, EmptyCase, CasesFault: as in `case_now`.

    """
    now = case_now(store, name)
    made = corrections_of(list(wanted), now.response, Sources(now.response, now.texts), by, datetime.datetime.now(datetime.UTC))
    store.add_corrections(name, [(one.model_dump_json(), one.by) for one in made], now.number if at_number is None else at_number)
    return case_now(store, name)
