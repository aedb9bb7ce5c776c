"""Real files made in the tests: PDF by hand, DOCX by python-docx, EML by the standard library."""

import io
import json
import textwrap
import zipfile
from email.message import EmailMessage

import docx

STORY = [
    "Kitchen maker Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers who say that its kettles melt when they are filled to the mark.",
    "The proposed class action seeks unspecified damages of at least $5,000 for each violation. “Our kettles are safe,” spokeswoman Ilse Brandt said on Wednesday.",
    "The case is Ashgrove v. Norvane Home Inc, U.S. District Court, Northern District of California, No. 25-01877.",
]
HEADLINE = "Kettle maker is sued over molten handles"


def pdf(pages, *, title: str = "") -> bytes:
    """A PDF whose pages are lists of (x, y, size, text): each a line in Helvetica, in points from the lower left corner of a page of 595 by 842."""
    objects: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"]
    kids = []
    for lines in pages:
        drawn = b"".join(b"BT /F1 %d Tf %d %d Td (%s) Tj ET\n" % (size, x, y, _escaped(text)) for x, y, size, text in lines)
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn))
        kids.append(len(objects) + 1)
        objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    objects.append(b"<</Title(%s)>>" % _escaped(title))
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(objects), table)
    return bytes(out)


def _escaped(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def wrapped(paragraphs, width: int = 80) -> list[list[str]]:
    """Each paragraph as lines of at most so many characters."""
    return [textwrap.wrap(paragraph, width) for paragraph in paragraphs]


def story_pdf(paragraphs=tuple(STORY), *, headline: str = HEADLINE, lines_a_page: int = 40) -> bytes:
    """A story in one column, lines 14 points apart, paragraphs 24, with a head and a page number on every page."""
    rows: list[tuple[int, str]] = [(22, line) for line in [headline]]
    rows += [(24 if place == 0 else 14, line) for paragraph in wrapped(paragraphs) for place, line in enumerate(paragraph)]
    pages = []
    for first in range(0, len(rows), lines_a_page):
        y, page = 780, [(72, 815, 9, "The Harbor Daily, Thursday 6 March 2025")]
        for step, line in rows[first : first + lines_a_page]:
            y -= step
            page.append((72, y, 16 if line == headline else 10, line))
        pages.append([*page, (290, 30, 9, f"{len(pages) + 1}")])
    return pdf(pages, title=headline)


def word(paragraphs=tuple(STORY), *, headline: str | None = HEADLINE) -> bytes:
    document = docx.Document()
    if headline:
        document.add_heading(headline, 0)
        document.core_properties.title = headline
    document.add_paragraph("")
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def page(paragraphs=tuple(STORY), *, headline: str = HEADLINE) -> str:
    """An HTML page with a menu, JSON-LD and comments."""
    body = "".join(f"<p>{paragraph.replace('&', '&amp;').replace('“', '&ldquo;')}</p>\n" for paragraph in paragraphs)
    about = json.dumps({"@type": "NewsArticle", "headline": headline, "datePublished": "2025-03-06T08:00:00Z", "publisher": {"name": "The Harbor Daily"}})
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{headline}</title><script type="application/ld+json">{about}</script></head><body>'
        f'<nav><ul><li><a href="/">Home</a></li></ul></nav><article><h1>{headline}</h1>\n{body}</article>'
        '<section id="comments"><p>My cousin sued Fornax Mills in Tulsa over the same kettles, and the jury gave her nothing at all.</p></section></body></html>'
    )


def mail(paragraphs=tuple(STORY), *, subject: str = HEADLINE, html: bool = False) -> bytes:
    message = EmailMessage()
    message["From"] = "The Harbor Daily <news@harbor.example>"
    message["To"] = "reader@example.org"
    message["Subject"] = subject
    message["Date"] = "Thu, 06 Mar 2025 23:30:00 -0800"
    message["Message-ID"] = "<1@harbor.example>"
    if html:
        message.set_content("This message is in HTML.")
        message.add_alternative(page(paragraphs), subtype="html", cte="quoted-printable")
    else:
        message.set_content("\n\n".join(paragraphs), cte="quoted-printable")
    return message.as_bytes()


def locked_pdf() -> bytes:
    """A PDF whose password is not known: its key does not fit."""
    made = story_pdf()
    lock = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (b"41" * 32, b"42" * 32)
    return made.replace(b"trailer<<", b"trailer<<" + lock)


def with_document_xml(content: bytes, xml: bytes) -> bytes:
    """A DOCX with other XML as its body."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, xml if member == "word/document.xml" else old.read(member))
    return out.getvalue()


def body_xml(inner: str, before: str = "") -> bytes:
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{before}<w:document {names}><w:body>{inner}</w:body></w:document>'.encode()
