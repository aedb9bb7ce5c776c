"""Plain text in any encoding: by its mark, else strictly UTF-8, else guessed over all of it, which a note then says."""

from __future__ import annotations

from dataclasses import dataclass

from casebrief.service.files.extracted import Extracted
from casebrief.service.files.sniffing import encoding_by_mark
from casebrief.service.files.unreadable import Unreadable

USUAL = "cp1252"
UNFIT = "not text in an encoding that can be told: save it as UTF-8"


@dataclass(frozen=True)
class Decoded:
    """A text, the codec that read it, and whether the codec was guessed."""

    text: str
    encoding: str
    guessed: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What the ledger should say of it."""
        return (f"the encoding was guessed ({self.encoding}): letters beyond ASCII may be wrong",) if self.guessed else ()


def strictly(content: bytes) -> Decoded | None:
    """The text where no guess is needed; ``None`` where one is. A mark of UTF-8 stays in the text, as offsets count it."""
    encoding = encoding_by_mark(content)
    if encoding in (None, "utf-8-sig"):
        encoding = "utf-8"
    try:
        return Decoded(content.decode(encoding or "utf-8"), encoding or "utf-8", guessed=False)
    except UnicodeDecodeError:
        return None


def decode(content: bytes, said: str | None = None) -> Decoded:
    """The text of bytes; ``said`` is the encoding that they name themselves. Raises `Unreadable`."""
    if found := strictly(content):
        return found
    if said:
        try:
            return Decoded(content.decode(said), said.lower(), guessed=False)
        except (LookupError, UnicodeDecodeError, ValueError):
            pass  # what it says of itself is wrong: guess
    from charset_normalizer import from_bytes  # not needed for most files

    # All of the text, not a sample: the first letter beyond ASCII may stand late in it.
    matches = list(from_bytes(content, steps=1, chunk_size=len(content)))
    # What is in English and might as well be cp1252 is cp1252, not another page of the same few letters.
    best = next((match for match in matches if USUAL in match.could_be_from_charset and match.chaos <= matches[0].chaos), matches[0] if matches else None)
    if best is None or "\0" in str(best):
        raise Unreadable("damaged", UNFIT)
    return Decoded(str(best), best.encoding, guessed=True)


def read_plain(content: bytes) -> Extracted:
    """A file of plain text. Raises `Unreadable`."""
    decoded = decode(content)
    if "\0" in decoded.text:
        raise Unreadable("damaged", "text with NUL characters: send the text itself, or save it as UTF-8")
    if not decoded.text.strip("\ufeff \t\r\n\v\f"):
        raise Unreadable("no-text", "empty, or only white space: send the article's text")
    return Extracted("text", decoded.text, encoding=decoded.encoding, notes=decoded.notes)
