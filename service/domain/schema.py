"""The public contract, version 1: what a client gets for its articles."""

from __future__ import annotations

import datetime
import hashlib
import json
from functools import cache
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION: Literal["1"] = "1"
LONGEST_VALUE = 600

Guarantee = Literal["copied", "normalized", "inferred"]
FoundBy = Literal["rule", "model", "both"]
Precision = Literal["day", "month", "year"]
Proceeding = Literal["class_action", "civil", "criminal", "regulatory", "appeal"]
Status = Literal["filed", "pending", "dismissed", "settled", "decided", "on_appeal"]
Stance = Literal["denies", "declined_to_comment", "no_response", "admits", "other"]
MoneyKind = Literal["damages", "statutory_damages", "restitution", "fine", "settlement", "fees", "other"]
ReliefKind = Literal["injunction", "declaration", "jury_trial", "other"]
Side = Literal["plaintiff", "defendant"]


class Frozen(BaseModel):
    """A value object: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Rectangle = tuple[float, float, float, float]


class PagePart(Frozen):
    """Words on one page of a PDF: x0, y0, x1, y1 for each of their lines, in points from the page's lower left corner. Pages count from 1."""

    page: Annotated[int, Field(ge=1)]
    rectangles: list[Rectangle]


class PdfPlace(PagePart):
    """Where words stand in a PDF. ``further``: the same on the pages after, for words that run over a page's end."""

    further: Annotated[list[PagePart], Field(exclude_if=lambda parts: not parts)] = []


class WordPlace(Frozen):
    """The paragraph of a Word document, counted from 1 over all of its body, those in tables and empty ones included."""

    paragraph: Annotated[int, Field(ge=1)]


class HtmlPlace(Frozen):
    """Half-open offsets in Unicode code points into the HTML as sent (of a file: as decoded from ``source.encoding``)."""

    html: tuple[int, int]


Place = PdfPlace | WordPlace | HtmlPlace


def _is_none(value: object) -> bool:
    return value is None


def _is_not(value: object) -> bool:
    return not value


class Citation(Frozen):
    """Words of an article: half-open offsets in Unicode code points into its text as the client sent it.

    For a file or HTML they count the extracted text, which the article's report returns; ``place`` then tells where in the file the words stand,
    where that is known. ``folded``: the quote is not, character for character, what was read of it (wrapped lines and cut words joined; marks of
    Markdown, mail and notes, emoji and invisible characters left out; entities, ligatures, accents apart, unusual spaces, dashes and quotation marks as plain
    characters; capitals as small letters), and a value copied from it is what was read, told in the capitals that were sent.
    """

    article: str
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    quote: Annotated[str, Field(min_length=1)]
    place: Annotated[Place | None, Field(exclude_if=_is_none)] = None
    folded: Annotated[bool, Field(exclude_if=_is_not)] = False


class Parties(Frozen):
    plaintiff: str
    defendant: str


class DocketNumber(Frozen):
    number: str


class Court(Frozen):
    court_id: str | None
    name: str


class Name(Frozen):
    name: str


class Date(Frozen):
    """An ISO date without the parts below its precision: "2025-01-21", "2024-08", "2016"."""

    date: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    precision: Precision


class Counsel(Frozen):
    name: str
    for_: Annotated[Side | None, Field(alias="for")]


class Cause(Frozen):
    name: str
    jurisdiction: str | None


class Money(Frozen):
    """A sum in whole currency units; ``amount`` is null where the text gives none ("unspecified damages")."""

    kind: MoneyKind
    amount: Annotated[int | float | None, Field(ge=0)]
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")]
    per: str | None
    qualifier: Literal["up to", "at least", "about"] | None


class Relief(Frozen):
    kind: ReliefKind


class Response(Frozen):
    speaker: str | None
    stance: Stance


class Speaker(Frozen):
    speaker: str | None


class Figure(Frozen):
    quantity: int | float
    unit: str


N = TypeVar("N")


class Corrected(Frozen):
    """That a person accepted, changed or added a fact: who, when (in UTC), and its value before, null where it was added."""

    action: Literal["accept", "change", "add"]
    by: str
    at: datetime.datetime
    was: str | None


class Fact(Frozen, Generic[N]):
    """One fact, with the words that state it.

    ``copied``: ``value`` is the quote of the first citation, or where that is ``folded``, what was read of it. ``normalized``: computed by rule from a copied quote.
    ``inferred``: picked by the model from a closed list, with a citation. ``found_by`` tells who found it; ``both`` are a rule and a model, or two models. ``corrected``: a person looked at it, and
    what they changed or added has a confidence of 1. ``to_come``: an event whose day lay ahead when every article that tells of it appeared.
    """

    value: Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE)]
    normalized: N | None
    guarantee: Guarantee
    confidence: Annotated[float, Field(ge=0, le=1)]
    independent_sources: Annotated[int, Field(ge=1)]
    citations: Annotated[list[Citation], Field(min_length=1)]
    found_by: FoundBy = "rule"
    corrected: Annotated[Corrected | None, Field(exclude_if=_is_none)] = None
    to_come: Annotated[bool, Field(exclude_if=_is_not)] = False


class Position(Frozen):
    """What one group of sources says in a conflict."""

    value: str
    normalized: Money | Relief | Figure | Date | Court | DocketNumber | Response | Name | None
    citations: Annotated[list[Citation], Field(min_length=1)]


class Conflict(Frozen):
    field: str
    about: str
    kind: Literal["contradiction", "superseded"]
    positions: Annotated[list[Position], Field(min_length=2)]


class Abstract(Frozen):
    """Three to six sentences, each with its own citations."""

    sentences: Annotated[list[Fact[None]], Field(min_length=3, max_length=6)]


class CaseSummary(Frozen):
    """What is known of the case. A single field that no article states is null, a list is empty."""

    caption: Fact[Parties] | None = None
    docket_number: Fact[DocketNumber] | None = None
    court: Fact[Court] | None = None
    judge: Fact[Name] | None = None
    filed_on: Fact[Date] | None = None
    proceeding: Fact[None] | None = None
    status: Fact[None] | None = None
    class_definition: Fact[None] | None = None
    plaintiffs: list[Fact[Name]] = []
    defendants: list[Fact[Name]] = []
    counsel: list[Fact[Counsel]] = []
    causes_of_action: list[Fact[Cause]] = []
    allegations: list[Fact[None]] = []
    relief_sought: list[Fact[Money | Relief]] = []
    rulings: list[Fact[Money | Relief]] = []
    responses: list[Fact[Response]] = []
    quotes: list[Fact[Speaker]] = []
    timeline: list[Fact[Date]] = []
    figures: list[Fact[Figure]] = []
    conflicts: list[Conflict] = []
    abstract: Abstract | None = None


class Source(Frozen):
    """The file or HTML that an article came from, and where in it title, publisher and day were found ("json-ld", "meta", "html", "mail", "document")."""

    kind: Literal["text", "html", "pdf", "docx", "mail"]
    name: str | None = None
    encoding: str | None = None
    title_from: str | None = None
    publisher_from: str | None = None
    published_on_from: str | None = None


class ArticleReport(Frozen):
    """One article as it was read. ``used`` holds the spans of its story, ``left_out`` those of its sentences within it that speak of another case;
    ``text`` and ``source`` stand for files and HTML alone.
    """

    id: str
    title: str | None
    publisher: str | None
    url: str | None = None
    published_on: datetime.date | None
    published_on_from: Literal["request", "text"] | None
    copy_of: str | None
    sha256: str
    characters: int
    used: list[tuple[int, int]]
    left_out: Annotated[list[tuple[int, int]], Field(exclude_if=_is_not)] = []
    text: str | None = None
    source: Annotated[Source | None, Field(exclude_if=_is_none)] = None


class LedgerLine(Frozen):
    """What became of one article, and why. ``share``: how much of its text was read as its story, 0 to 1, counted in letters and digits."""

    article: str
    outcome: Literal["used", "partly_used", "not_about_the_case", "failed"]
    reason: str | None
    facts: int
    share: Annotated[float | None, Field(ge=0, le=1, exclude_if=_is_none)] = None


class Provenance(Frozen):
    model: str
    model_sha256: str
    prompts_sha256: str
    schema_sha256: str
    engine: str
    seed: int
    version: str
    reader: Literal["labels", "prompts", "labels+prompts"]
    adapters: list[str] = []


class Timings(Frozen):
    """Seconds, and tokens evaluated, reused and answered."""

    queued_s: float
    reading_s: float
    prefill_s: float
    decode_s: float
    total_s: float
    prompt_tokens: int
    prompt_tokens_reused: int
    output_tokens: int


class Unplaced(Frozen):
    """A correction that the summary does not show, and why: its words are gone, or newer ones took their place."""

    id: str
    field: str
    action: str
    value: str
    reason: str


class Corrections(Frozen):
    """The corrections that were laid over a summary: the ids of those that it shows, and those that found no place."""

    placed: list[str]
    unplaced: list[Unplaced]


class SummaryResponse(Frozen):
    """The response to a request for a summary.

    ``partial``: not every article was read before the deadline; the ledger tells which. ``corrections`` stands there where people corrected it.
    """

    schema_version: Literal["1"] = SCHEMA_VERSION
    id: str
    summary: CaseSummary
    articles: list[ArticleReport]
    ledger: list[LedgerLine]
    provenance: Provenance
    timings: Timings
    partial: Annotated[Literal[True] | None, Field(exclude_if=_is_none)] = None
    corrections: Annotated[Corrections | None, Field(exclude_if=_is_none)] = None


class CasesResponse(Frozen):
    """The response to a request with ``"cases": "all"``: one summary a case. The ledger of each tells of all articles, those of other cases too."""

    cases: Annotated[list[SummaryResponse], Field(min_length=1)]


def json_schema() -> dict[str, object]:
    """The JSON Schema of `SummaryResponse` as it is sent."""
    return SummaryResponse.model_json_schema(by_alias=True, mode="serialization")


@cache
def schema_sha256() -> str:
    """The SHA-256 of the JSON Schema with sorted keys, as hexadecimal digits."""
    return hashlib.sha256(json.dumps(json_schema(), sort_keys=True).encode()).hexdigest()
