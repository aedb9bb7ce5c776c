"""What a client may send: the request's model, and its limits, each with a message of its own."""

from __future__ import annotations

import base64
import binascii
import codecs
import datetime
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, TypeVar

from casebrief.service.edges.problems import Problem
from casebrief.service.edges.received import Sent, assign_ids
from casebrief.service.edges.settings import Settings
from casebrief.service.pipeline.articles import Submitted
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

_TIME = r"T([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?"
_DATE = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})({_TIME})?", re.ASCII)
Asked = TypeVar("Asked", bound=BaseModel)
EARLIEST, LATEST = datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)


def parse_date(value: object) -> datetime.date:
    """A day as ISO 8601 writes it, between 1900 and 2199; of a time (RFC 3339, as feeds have it) the day that is written. Raises `ValueError`.

    A day to come is taken: papers print tomorrow's date, and what a request means must not depend on when it is sent.
    """
    written = _DATE.fullmatch(value) if isinstance(value, str) else None
    if not written:
        raise ValueError('must be a day written as "2025-01-23"')
    try:
        day = datetime.date.fromisoformat(written[1])
    except ValueError:
        raise ValueError(f"{written[1]} is not a day of the calendar") from None
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"must be between {EARLIEST} and {LATEST}")
    return day


def _clean(value: object) -> object:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("holds a NUL character: send text, not bytes")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("holds half of a surrogate pair: send valid Unicode")
    return value


def _not_blank(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is empty or only white space: send the article's text")
    return value


NO_NUL = r"^[^\u0000]*$"
"""For the document: what `_clean` refuses, as far as a pattern can tell it."""

MOST_KEYS = 64
"""Keys of one object: no object of a request has so many, and each unknown one would be named in the answer."""

MOST_DIGITS = 300
"""Of a whole number: no number of a request has so many, and reading them takes more than linear time."""

BYTES_A_CHARACTER = 12
"""JSON may write one code point as two escapes of six bytes."""

ROOM_FOR_KEYS = 1 << 20
"""Bytes of a body beside the characters of its texts."""

Text = Annotated[str, BeforeValidator(_clean)]
_DAY = r"(19|2[01])\d\d-\d\d-\d\d"
_PUBLISHED = {
    "anyOf": [
        {"type": "string", "format": "date", "pattern": rf"^{_DAY}$"},
        {"type": "string", "format": "date-time", "pattern": rf"^{_DAY}T", "description": "Its day is taken, as it is written."},
    ]
}


def _given(value: object) -> object:
    if value is None:
        raise ValueError("must not be null: leave the key out")
    return value


def _base64(value: str) -> str:
    try:
        content = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64 (RFC 4648)") from None
    if not content:
        raise ValueError("is an empty file: send the article itself")
    return value


FORMS = ("text", "html", "file")
"""How an article may come: exactly one of these."""

_FILLED = r"^[^\u0000]*\S[^\u0000]*$"
_TEXT = {"type": "string", "minLength": 1, "pattern": _FILLED, "description": "The article's text; offsets of citations count its Unicode code points."}
_HTML = {
    "type": "string",
    "minLength": 1,
    "pattern": _FILLED,
    "description": "The page as HTML. The story is found in it and returned as the article's `text`, whose code points the citations count.",
}
_FILE = {
    "type": "string",
    "minLength": 4,
    "contentEncoding": "base64",
    "pattern": r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{4})$",
    "description": "A file as base64: HTML, PDF, DOCX, EML or text in any encoding, told apart by what is in it. Its text is returned as the article's `text`.",
}


class ArticleIn(BaseModel):
    """One article, as plain text as a person would paste it (menus, captions and comments may be in it), as HTML, or as a file: exactly one of these."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, json_schema_extra={"oneOf": [{"required": [form]} for form in FORMS]})

    text: Annotated[Annotated[Text, BeforeValidator(_not_blank)] | None, BeforeValidator(_given), WithJsonSchema(_TEXT)] = None
    html: Annotated[Annotated[Text, BeforeValidator(_not_blank)] | None, BeforeValidator(_given), WithJsonSchema(_HTML)] = None
    file: Annotated[Annotated[str, AfterValidator(_base64)] | None, BeforeValidator(_given), WithJsonSchema(_FILE)] = None
    name: Annotated[
        Text | None,
        Field(
            max_length=300, json_schema_extra={"pattern": NO_NUL}, description="The file's name: returned, and used in messages; it says nothing of the kind."
        ),
    ] = None
    id: Annotated[
        str | None,
        Field(description="Your name for it; a1, a2 … where it is left out.", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$"),
    ] = None
    title: Annotated[Text | None, Field(max_length=1000, json_schema_extra={"pattern": NO_NUL})] = None
    publisher: Annotated[Text | None, Field(max_length=300, json_schema_extra={"pattern": NO_NUL})] = None
    url: Annotated[Text | None, Field(max_length=2000, json_schema_extra={"pattern": NO_NUL}, description="Kept and returned; never fetched.")] = None
    published_on: Annotated[
        Annotated[datetime.date, BeforeValidator(parse_date), WithJsonSchema(_PUBLISHED)] | None,
        Field(description="The day of publication: relative dates of the article are resolved against it."),
    ] = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum(getattr(self, form) is not None for form in FORMS) != 1:
            raise ValueError('send exactly one of "text", "html" and "file" for an article')
        return self


class SummaryRequest(BaseModel):
    """Several articles about one lawsuit."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "articles": [
                        {
                            "id": "wire",
                            "publisher": "Example Wire",
                            "published_on": "2025-03-06",
                            "text": "Kitchen maker Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers who say its kettles melt.\n\n"
                            "The proposed class action seeks unspecified damages. Norvane declined to comment.\n\n"
                            "The case is Ashgrove v. Norvane Home Inc, U.S. District Court, Northern District of California, No. 25-01877.",
                        },
                        {
                            "text": "Norvane Home Inc said on Friday it would fight a lawsuit over its kettles. “Our kettles are safe,” spokeswoman Ilse Brandt said."
                        },
                    ]
                }
            ]
        },
    )

    articles: Annotated[list[ArticleIn], Field(min_length=1, json_schema_extra={"maxItems": 20}, description="At most 20, unless the server is set otherwise.")]
    deadline_s: Annotated[
        float | None, Field(gt=0, le=86400, description="Seconds after which you no longer want the answer; the server's own limit holds as well.")
    ] = None
    cases: Annotated[
        Literal["one", "all"],
        Field(
            description="What to do with articles about several lawsuits: refuse them, or tell each case in a summary of its own (`CasesResponse`, JSON alone)."
        ),
    ] = "one"


def of_document(document: Any, settings: Settings) -> SummaryRequest:
    """The request of a decoded document. Raises `Problem`: 413 over a limit, 422 for the rest."""
    refuse_over_limits(document, settings)
    request = checked(SummaryRequest, document)
    ids = [article.id for article in request.articles if article.id]
    doubles = sorted({name for name in ids if ids.count(name) > 1})
    if doubles:
        raise Problem(422, "duplicate-id", "Two articles have the same id", f"the id {doubles[0]!r} is given more than once: ids must differ")
    return request


def checked(model: type[Asked], document: Any) -> Asked:
    """A decoded document as what it should be. Raises `Problem` 422, which names each place that does not fit."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _unprocessable(error) from None


def one_case(request: SummaryRequest) -> SummaryRequest:
    """The request, where what is asked for is one case's. Raises `Problem` 422."""
    if request.cases != "one":
        raise Problem(422, "invalid-request", "The request does not fit", f"/cases: {request.cases!r} is for POST /v1/summaries alone: leave the key out here")
    return request


def decode_json(body: bytes) -> Any:
    """The document of a body, in time linear in its size; a byte-order mark before it is passed over (RFC 8259, 8.1).

    Raises `Problem`: 400 for what is not JSON, 422 for an object of more than `MOST_KEYS` keys.
    """
    try:
        return json.loads(body.removeprefix(codecs.BOM_UTF8).decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise Problem(400, "not-json", "The body is not JSON", f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Problem(400, "not-json", "The body is not JSON", f"{why}; send an object with the key 'articles'") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_KEYS:
        raise Problem(422, "invalid-request", "The request does not fit", f"an object has {len(pairs)} keys: none of a request has more than {MOST_KEYS}")
    made = dict(pairs)
    if len(made) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise ValueError(f"the key {counts.most_common(1)[0][0]!r} is given twice in one object")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits: none of a request has more than {MOST_DIGITS}")
    return int(digits)


def refuse_over_limits(document: Any, settings: Settings) -> None:
    """Refuse what is over a limit before its parts are looked at further. Raises `Problem` 413."""
    articles = document.get("articles") if isinstance(document, dict) else None
    if not isinstance(articles, list):
        return
    check_count(len(articles), settings)
    check_limits([text for article in articles if isinstance(article, dict) and isinstance(text := article.get("text"), str)], settings)
    sizes = [len(file) * 3 // 4 for article in articles if isinstance(article, dict) and isinstance(file := article.get("file"), str)]
    check_sizes(sizes, settings)


def most_bytes(settings: Settings) -> int:
    """The most that a request within all limits can have: texts as escapes, files as base64."""
    return settings.max_request_characters * BYTES_A_CHARACTER + settings.max_files_mb * 1_000_000 * 4 // 3 + ROOM_FOR_KEYS


def check_limits(texts: Sequence[str], settings: Settings) -> None:
    """Refuse texts over the limits. Raises `Problem` 413."""
    check_count(len(texts), settings)
    sizes = [len(text) for text in texts]
    for place, size in enumerate(sizes):
        if size > settings.max_article_characters:
            detail = f"article {place + 1} has {size} characters; at most {settings.max_article_characters} are read"
            raise Problem(413, "article-too-long", "An article is too long", detail)
    if sum(sizes) > settings.max_request_characters:
        detail = f"the articles have {sum(sizes)} characters together; at most {settings.max_request_characters} are read"
        raise Problem(413, "request-too-long", "The request is too long", detail)


def check_sizes(sizes: Sequence[int], settings: Settings) -> None:
    """Refuse files of more bytes together than the limit. Raises `Problem` 413."""
    if sum(sizes) > settings.max_files_mb * 1_000_000:
        detail = f"the files have {sum(sizes) / 1e6:.1f} MB together; at most {settings.max_files_mb} are read"
        raise Problem(413, "files-too-large", "The files are too large", detail)


def check_count(count: int, settings: Settings) -> None:
    """Refuse more articles than the limit. Raises `Problem` 413."""
    if count > settings.max_articles:
        raise Problem(413, "too-many-articles", "Too many articles", f"{count} articles were sent; at most {settings.max_articles} are read at once")


def _unprocessable(error: ValidationError) -> Problem:
    faults = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        pointer = "/" + "/".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"the key {str(item['loc'][-1])!r} is not known"
        faults.append({"pointer": pointer, "detail": message})
    first = faults[0]
    return Problem(422, "invalid-request", "The request does not fit", f"{first['pointer']}: {first['detail']}", errors=faults)


def to_sent(request: SummaryRequest) -> list[Sent]:
    """The articles to be read, with ids for those that have none."""
    ids = assign_ids([article.id for article in request.articles])
    sent = []
    for place, (name, article) in enumerate(zip(ids, request.articles, strict=True)):
        said = Submitted(name, article.text or "", article.title, article.publisher, article.url, article.published_on)
        if article.html is not None:
            sent.append(Sent(said, article.html, "html", article.name, f"/articles/{place}/html"))
        elif article.file is not None:
            sent.append(Sent(said, base64.b64decode("".join(article.file.split())), None, article.name, f"/articles/{place}/file"))
        else:
            sent.append(Sent(said))
    return sent
