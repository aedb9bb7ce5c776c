"""Between the texts as they were sent and the views of them that are read: one way in, one way out."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from casebrief.service.domain.schema import Citation, Fact
from casebrief.service.domain.spans import Span
from casebrief.service.domain.view import Seen, mojibake, seen
from casebrief.service.files.sniffing import NAMES, Kind, kind_of
from pydantic import BaseModel

T = TypeVar("T")

LAST_LATIN = "\u024f"
BASE64_HEAD = 4096
"""Characters that tell what is in base64."""
LEAST_BASE64 = 40
"""Characters of a line of it; of prose no word is as long."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")

_SEND: dict[Kind, str] = {
    "html": 'it was not read: send it as "html", or as a file',
    "pdf": "it was not read: send it as a file",
    "rtf": "it was not read: paste its text, or send it as a PDF or DOCX file",
    "mail": "it was read with its headers as part of the text: send it as a file",
}


@dataclass(frozen=True)
class Pasted:
    """A text as it was sent, and the view of it that is read: an empty one of what is no text. ``problem`` says what it is, and what would help."""

    text: str
    view: Seen
    problem: str | None

    @property
    def notes(self) -> list[str]:
        """What the ledger should say of the text itself."""
        broken = mojibake(self.text)
        notes = [f"some of its letters were decoded wrongly ({broken!r}) and are read as they stand: send it as UTF-8"] if broken else []
        return [self.problem, *notes] if self.problem else notes


def as_pasted(text: str) -> Pasted:
    """A text with its view. What is no prose in English letters is not read as if it were: what its marks hide, or anything, would be told as facts."""
    problem = _problem(text)
    view = seen("" if problem and kind_of(text) != "mail" else text)
    if _is_of_another_script(view.text):
        return Pasted(text, seen(""), "the text is in letters that are not Latin: it was not read: only English is")
    return Pasted(text, view, problem)


def _problem(text: str) -> str | None:
    kind = kind_of(text)
    if kind in _SEND:
        return f"the text is {NAMES[kind]}: {_SEND[kind]}"
    words = text[:BASE64_HEAD].split()
    coded = "".join(words)
    if len(coded) < LEAST_BASE64 * max(1, len(words)) or not _BASE64.fullmatch(coded):
        return None
    return f'the text is {NAMES[kind_of(base64.b64decode(coded[: len(coded) // 4 * 4]))]} in base64: it was not read: send it as "file"'


def _is_of_another_script(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return sum(character > LAST_LATIN for character in letters) > len(letters) / 2


def as_sent(value: T, pasted: Mapping[str, Pasted]) -> T:
    """A value with every citation in it, which counts the view, at its place in the text as it was sent."""
    made: Any = value
    if isinstance(value, Citation):
        source = pasted[value.article]
        span = source.view.sent(Span(value.start, value.end))
        quote = span.of(source.text)
        made = value.model_copy(update={"start": span.start, "end": span.end, "quote": quote, "folded": quote != value.quote})
    elif isinstance(value, BaseModel):
        made = value.model_copy(update={name: as_sent(getattr(value, name), pasted) for name in type(value).model_fields})
        if isinstance(value, Fact) and value.guarantee == "copied":
            first = value.citations[0]
            made = made.model_copy(update={"value": pasted[first.article].view.told[first.start : first.end]})
    elif isinstance(value, list):
        made = [as_sent(item, pasted) for item in value]
    return made  # type: ignore[no-any-return]
