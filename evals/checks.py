"""What can be asked of a response: a small closed vocabulary, written as data in ``complaints/*.toml``.

A check is true or false of a response as the contract has it. Words are compared with the values of a field, a name with its typed form.
A response that lacks a key of the contract raises `KeyError` or `TypeError`: it cannot be judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from casebrief.evals.labels import CLOSED, FIELDS, SINGLE
from casebrief.service.domain.schema import MoneyKind, Stance
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Response = dict[str, Any]


class Strict(BaseModel):
    """A value as it was written: unknown keys and other types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _known(name: str) -> str:
    if name not in FIELDS:
        raise ValueError(f"no field of a summary; it is one of {', '.join(FIELDS)}")
    return name


def _single(name: str) -> str:
    if name not in SINGLE:
        raise ValueError(f"no field with one value; it is one of {', '.join(SINGLE)}")
    return name


Words = Annotated[str, Field(min_length=1)]
AnyField = Annotated[str, AfterValidator(_known)]
SingleField = Annotated[str, AfterValidator(_single)]
Party = Literal["plaintiffs", "defendants"]
Sums = Literal["relief_sought", "rulings"]
Day = Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
"""An ISO date without the parts below its precision, as in the contract."""


class _Check(Strict):
    check: str

    def holds(self, response: Response) -> bool:
        """Whether it is true of this response."""
        raise NotImplementedError

    def looks_at(self) -> str:
        """The field that decides it, or "ledger"."""
        raise NotImplementedError

    def quoted(self) -> tuple[str, ...]:
        """Words that stand in the articles, whatever the right answer is."""
        return ()

    def __str__(self) -> str:
        told = ", ".join(f"{key} {value!r}" for key, value in self.model_dump(exclude={"check"}, exclude_none=True).items())
        return f"{self.check} ({told})" if told else self.check


class _OfField(_Check):
    """A check that names the field it looks at."""

    field: str

    def looks_at(self) -> str:
        return self.field


class EveryArticleUsed(_Check):
    """No article was put aside as another case's."""

    check: Literal["every_article_used"]

    def holds(self, response: Response) -> bool:
        return all(line["outcome"] != "not_about_the_case" for line in response["ledger"])

    def looks_at(self) -> str:
        return "ledger"


class HasWords(_OfField):
    """A value of the field holds the words, in capitals or not."""

    check: Literal["words"]
    field: AnyField
    words: Words

    def holds(self, response: Response) -> bool:
        return any(self.words.lower() in value.lower() for value in _values(response, self.field))

    def quoted(self) -> tuple[str, ...]:
        return (self.words,)


class ValueIs(_OfField):
    """The field's one value is this."""

    check: Literal["value_is"]
    field: SingleField
    value: Words

    def holds(self, response: Response) -> bool:
        return self.value in _values(response, self.field)

    def quoted(self) -> tuple[str, ...]:
        return () if self.field in CLOSED else (self.value,)

    @model_validator(mode="after")
    def _of_the_closed_list(self) -> ValueIs:
        if self.value not in CLOSED.get(self.field, {self.value}):
            raise ValueError(f"{self.field} is never {self.value!r}; it is one of {', '.join(sorted(CLOSED[self.field]))}")
        return self


class Named(_OfField):
    """A party has exactly this name."""

    check: Literal["named"]
    field: Party
    name: Words

    def holds(self, response: Response) -> bool:
        return self.name in _names(response, self.field)

    def quoted(self) -> tuple[str, ...]:
        return (self.name,)


class NameHolds(_OfField):
    """A party's name holds the words, as they are written."""

    check: Literal["name_holds"]
    field: Party
    words: Words

    def holds(self, response: Response) -> bool:
        return any(self.words in name for name in _names(response, self.field))

    def quoted(self) -> tuple[str, ...]:
        return (self.words,)


class NamesAre(_OfField):
    """The parties of a side are exactly these, in any order."""

    check: Literal["names_are"]
    field: Party
    names: list[Words]

    def holds(self, response: Response) -> bool:
        return sorted(_names(response, self.field)) == sorted(self.names)

    def quoted(self) -> tuple[str, ...]:
        return tuple(self.names)


class Number(_OfField):
    """The field has so many items."""

    check: Literal["number"]
    field: AnyField
    count: Annotated[int, Field(ge=0)]

    def holds(self, response: Response) -> bool:
        return len(_items(response, self.field)) == self.count


class Cited(_OfField):
    """A fact of the field cites words that hold these, as they are written."""

    check: Literal["cited"]
    field: AnyField
    words: Words

    def holds(self, response: Response) -> bool:
        return any(self.words in quote for item in _items(response, self.field) for quote in _quoted_by(item))

    def quoted(self) -> tuple[str, ...]:
        return (self.words,)


class Sum(_OfField):
    """The field has a sum of this amount and, where it is given, of this kind."""

    check: Literal["sum"]
    field: Sums
    amount: Annotated[int | float, Field(ge=0)]
    kind: MoneyKind | None = None

    def holds(self, response: Response) -> bool:
        return any(sum_.get("amount") == self.amount and self.kind in (None, sum_["kind"]) for sum_ in _typed(response, self.field))


class Dated(_Check):
    """An event is dated so."""

    check: Literal["dated"]
    date: Day

    def holds(self, response: Response) -> bool:
        return self.date in _dates(response)

    def looks_at(self) -> str:
        return "timeline"


class DatesAre(_Check):
    """The dates of all events, one an event, are exactly these, in order of date."""

    check: Literal["dates_are"]
    dates: list[Day]

    def holds(self, response: Response) -> bool:
        return _dates(response) == self.dates

    def looks_at(self) -> str:
        return "timeline"


class SpokenBy(_Check):
    """A quotation that holds or cites the words is given to a speaker whose name holds this."""

    check: Literal["spoken_by"]
    words: Words
    speaker: Words

    def holds(self, response: Response) -> bool:
        return any(self.speaker in (quote["normalized"]["speaker"] or "") for quote in _items(response, "quotes") if self._is_meant(quote))

    def _is_meant(self, quote: dict[str, Any]) -> bool:
        return any(self.words in told for told in (quote["value"], *_quoted_by(quote)))

    def looks_at(self) -> str:
        return "quotes"

    def quoted(self) -> tuple[str, ...]:
        return (self.words, self.speaker)


class EveryStance(_Check):
    """Every response takes this stance; also when there is none."""

    check: Literal["every_stance"]
    stance: Stance

    def holds(self, response: Response) -> bool:
        return all(answer["normalized"]["stance"] == self.stance for answer in _items(response, "responses"))

    def looks_at(self) -> str:
        return "responses"


class PositionHolds(_Check):
    """A position of a conflict holds the words, as they are written."""

    check: Literal["position_holds"]
    words: Words

    def holds(self, response: Response) -> bool:
        return any(self.words in position["value"] for conflict in _items(response, "conflicts") for position in conflict["positions"])

    def looks_at(self) -> str:
        return "conflicts"

    def quoted(self) -> tuple[str, ...]:
        return (self.words,)


class HasFigure(_Check):
    """A figure has this quantity, and a unit that holds this word."""

    check: Literal["figure"]
    quantity: int | float
    unit: Words

    def holds(self, response: Response) -> bool:
        return any(figure["quantity"] == self.quantity and self.unit in figure["unit"] for figure in _typed(response, "figures"))

    def looks_at(self) -> str:
        return "figures"

    def quoted(self) -> tuple[str, ...]:
        return (self.unit,)


Check = Annotated[
    EveryArticleUsed
    | HasWords
    | ValueIs
    | Named
    | NameHolds
    | NamesAre
    | Number
    | Cited
    | Sum
    | Dated
    | DatesAre
    | SpokenBy
    | EveryStance
    | PositionHolds
    | HasFigure,
    Field(discriminator="check"),
]


def came(response: Response, looked_at: str) -> list[str]:
    """What a response has where a check looks, in words: one line an item."""
    if looked_at == "ledger":
        return [f"{line['article']} {line['outcome']}: {line['reason']}" for line in response["ledger"]]
    if looked_at == "conflicts":
        return [" / ".join(position["value"] for position in conflict["positions"]) for conflict in _items(response, looked_at)]
    return [" ".join([item["value"], *_typed_in_words(item["normalized"])]) for item in _items(response, looked_at)]


def _typed_in_words(normalized: dict[str, Any] | None) -> list[str]:
    told = [f"{key} {value}" for key, value in (normalized or {}).items() if value is not None]
    return [f"({', '.join(told)})"] if told else []


def _items(response: Response, field: str) -> list[dict[str, Any]]:
    found = response["summary"][field]
    return found if isinstance(found, list) else [found] if found else []


def _values(response: Response, field: str) -> list[str]:
    return [item["value"] for item in _items(response, field)]


def _typed(response: Response, field: str) -> Iterator[dict[str, Any]]:
    return (item["normalized"] for item in _items(response, field) if item["normalized"])


def _names(response: Response, field: str) -> list[str]:
    return [typed["name"] for typed in _typed(response, field)]


def _dates(response: Response) -> list[str]:
    return [typed["date"] for typed in _typed(response, "timeline")]


def _quoted_by(item: dict[str, Any]) -> list[str]:
    return [citation["quote"] for citation in item["citations"]]
