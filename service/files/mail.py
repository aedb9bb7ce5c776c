"""Messages (EML): subject, sender and day from the header, and the text of the plain part, else of the HTML part."""

from __future__ import annotations

import email.message
import email.policy
import email.utils
import re
from email.parser import BytesParser

from casebrief.service.files.extracted import MOST_PUBLISHER, MOST_TITLE, Extracted, Limits, Metadata, one_line
from casebrief.service.files.plain import Decoded, decode
from casebrief.service.files.unreadable import Unreadable

ENOUGH_WORDS = 40
"""A plain part with fewer only says that there is an HTML part."""

MOST_PARTS = 200

_PASSED_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv|i)\s*:", re.IGNORECASE)
_ANSWER = re.compile(r"\s*(?:(?:re|aw|fwd?|wg)\s*:\s*)+", re.IGNORECASE)
_HIDDEN = re.compile(r"[\u200b\u200c\u200d\u2060\ufeff\u034f\u00ad]+")


def read_mail(content: bytes, limits: Limits) -> Extracted:
    """A message. Raises `Unreadable`."""
    message = _parse(content)
    plain, html = _part(message, "plain"), _part(message, "html")
    if plain and (len(plain.text.split()) >= ENOUGH_WORDS or not html):
        text, notes, encoding = plain.text, plain.notes, plain.encoding
    elif html:
        from casebrief.service.files.html import read_html

        page = read_html(html.text, limits)
        text, notes, encoding = page.text, (*html.notes, *page.notes), html.encoding
    else:
        raise Unreadable("no-text", "an e-mail without text of its own: send what is attached to it as a file")
    return Extracted("mail", text, _metadata(message), encoding=encoding, notes=notes)


def _parse(content: bytes) -> email.message.EmailMessage:
    try:
        message = BytesParser(policy=email.policy.default).parsebytes(content.lstrip(b"\xef\xbb\xbf\r\n"))
        parts = sum(1 for _ in message.walk())
    except Exception as error:  # the standard library's header parser fails in many ways on broken headers
        raise Unreadable("damaged", "a damaged e-mail: save it again, or paste its text") from error
    if parts > MOST_PARTS:
        raise Unreadable("too-large", f"an e-mail of {parts} parts: paste its text")
    assert isinstance(message, email.message.EmailMessage)
    return message


def _part(message: email.message.EmailMessage, subtype: str) -> Decoded | None:
    """The first part of a text type that is no attachment; ``None`` without words in it."""
    for part in message.walk():
        if part.get_content_type() != f"text/{subtype}" or part.get_content_disposition() == "attachment":
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes) or not payload.strip():
            continue
        decoded = decode(payload, part.get_content_charset())
        text = decoded.text.replace("\0", "")
        if subtype == "plain":
            text = _unfolded(_HIDDEN.sub("", text), part)
        if text.strip():
            return Decoded(text, decoded.encoding, decoded.guessed)
    return None


def _unfolded(text: str, part: email.message.Message) -> str:
    """Lines of ``format=flowed`` (RFC 3676) put together again."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    glued = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
    return re.sub(r"(?m)(?<!^--) \r?\n(?=[^\s>])", glued, text)


def _metadata(message: email.message.EmailMessage) -> Metadata:
    """What the header says; of a message that was passed on, only the subject: sender and day are those of whoever passed it on."""
    subject = one_line(_header(message, "Subject"), MOST_TITLE)
    title = one_line(_ANSWER.sub("", subject, count=1), MOST_TITLE) if subject else None
    if subject and _PASSED_ON.match(subject):
        return Metadata(title=title, title_from="mail" if title else None)
    publisher = one_line(email.utils.parseaddr(_header(message, "From") or "")[0], MOST_PUBLISHER)
    try:
        day = email.utils.parsedate_to_datetime(_header(message, "Date") or "").date()
    except (ValueError, TypeError, IndexError, OverflowError):
        day = None
    if day and not 1900 <= day.year < 2200:
        day = None
    return Metadata(title, "mail" if title else None, publisher, "mail" if publisher else None, day, "mail" if day else None)


def _header(message: email.message.EmailMessage, name: str) -> str | None:
    try:
        value = message.get(name)
        return None if value is None else str(value)
    except Exception:  # noqa: BLE001 - as above: a header that cannot be read is a header that is not there
        return None
