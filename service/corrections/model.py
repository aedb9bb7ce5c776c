"""A correction as it is kept: one fact of one field accepted, changed, deleted or added."""

from __future__ import annotations

import datetime
import hashlib
from typing import Annotated, Any, Literal, get_args

from casebrief.service.domain.schema import CaseSummary, Fact, Frozen, MoneyKind, ReliefKind, Side, Stance
from casebrief.service.exports.facts import NOT_FACTS
from casebrief.service.verifying import CLOSED
from pydantic import Field, JsonValue, ValidationError, model_validator

Action = Literal["accept", "change", "delete", "add"]

FIELDS = tuple(name for name in CaseSummary.model_fields if name not in NOT_FACTS)
"""What can be corrected; the abstract is whole sentences of the articles, and conflicts follow from the facts."""

SINGLE = frozenset(name for name in FIELDS if CaseSummary.model_fields[name].default is None)
"""Fields of which there is one."""

_SUMS = tuple(dict.fromkeys((*get_args(MoneyKind), *get_args(ReliefKind))))
CHOICES: dict[str, tuple[str, ...]] = {
    **{name: tuple(sorted(values)) for name, values in CLOSED.items()},
    "counsel": get_args(Side),
    "responses": get_args(Stance),
    "relief_sought": _SUMS,
    "rulings": _SUMS,
}
"""By field: the closed list that a value, a side, a stance or a kind is picked from."""

SPOKEN = frozenset({"responses", "quotes"})
"""Fields with a speaker."""

LONGEST_NAME = 100


class CorrectionFault(ValueError):
    """A correction that cannot be made; the message says what would be right."""


class Words(Frozen):
    """Words of one version of an article: half-open offsets in code points of its text as it was sent, and what stands on either side of them."""

    article: str
    sha256: str
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    quote: Annotated[str, Field(min_length=1)]
    before: str = ""
    after: str = ""


class Correction(Frozen):
    """``was`` is the fact before and ``stood`` its citations' words; ``now`` is what was made of ``words``, with what was chosen of a closed list and the speaker."""

    action: Action
    field: str
    was: dict[str, JsonValue] | None = None
    stood: tuple[Words, ...] = ()
    now: dict[str, JsonValue] | None = None
    words: Words | None = None
    choice: str | None = None
    speaker: str | None = None
    by: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    at: datetime.datetime

    @model_validator(mode="after")
    def _whole(self) -> Correction:
        if self.field not in FIELDS:
            raise ValueError(f"{self.field!r} is no field that can be corrected")
        if (self.was is None) != (self.action == "add") or (self.words is None) != (self.action in ("accept", "delete")):
            raise ValueError(f"a correction that is to {self.action} has another form")
        for document in (self.was, self.now):
            if document is not None:
                fact_of(self.field, document)
        return self

    @property
    def id(self) -> str:
        """Tells it from every other."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    @property
    def before(self) -> Fact[Any] | None:
        """The fact as it was."""
        return fact_of(self.field, self.was) if self.was is not None else None

    @property
    def told(self) -> str:
        """What it is about, in a few words."""
        document = self.was or self.now or {}
        return str(document.get("value", ""))


def fact_of(field: str, document: dict[str, JsonValue]) -> Fact[Any]:
    """A fact of a field, with the field's typed form. Raises `ValueError`."""
    try:
        found = getattr(CaseSummary.model_validate({field: document if field in SINGLE else [document]}), field)
    except ValidationError as error:
        raise ValueError(f"no fact of {field}: {error.errors()[0]['msg']}") from None
    return found if field in SINGLE else found[0]  # type: ignore[no-any-return]


def document_of(fact: Fact[Any]) -> dict[str, JsonValue]:
    """A fact as JSON."""
    return fact.model_dump(mode="json", by_alias=True)
