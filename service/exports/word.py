"""The brief as a Word document whose footnotes quote the sources.

python-docx writes paragraphs but knows no footnotes: their part, its two separators and its references are made here, as ECMA-376 (17.11) has them.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any

import docx
from casebrief.service.domain.schema import CaseSummary, Citation, SummaryResponse
from casebrief.service.domain.view import harmless
from casebrief.service.exports.wording import (
    DIFFER,
    IN_THEIR_WORDS,
    LISTS,
    SINGLE,
    SOURCES,
    TIMELINE,
    UNPLACED,
    behind,
    dated,
    headline,
    mended,
    name_of,
    origin,
    quoted,
    read_of,
    shown,
    speaker,
    unplaced,
)
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Inches, Pt
from docx.text.paragraph import Paragraph

NOTE, MARK = "footnote text", "footnote reference"
"""Word's own names of the two styles."""

_SEPARATORS = (("separator", 0), ("continuationSeparator", 1))
WIDTHS = (Inches(1.4), Inches(4.6))
"""Of the two columns of the case's table."""

FIRST_NOTE = 2
"""Notes 0 and 1 are the two lines above notes."""


def word(response: SummaryResponse, on: datetime.date) -> bytes:
    """The brief as DOCX, written on a day. The same summary on the same day gives the same words, not the same bytes: a zip holds the time."""
    return _Brief(response, on).saved()


class _Brief:
    def __init__(self, response: SummaryResponse, on: datetime.date) -> None:
        self._response, self._on = response, on
        self._document: Document = docx.Document()
        self._notes: list[str] = []

    def saved(self) -> bytes:
        properties = self._document.core_properties
        properties.title, properties.author, properties.comments = _seen(headline(self._response)), "casebrief", ""
        properties.created = properties.modified = datetime.datetime.combine(self._on, datetime.time())
        _styles(self._document)
        self._body()
        self._add_notes()
        written = io.BytesIO()
        self._document.save(written)
        return written.getvalue()

    def _body(self) -> None:
        summary = self._response.summary
        self._document.add_heading(_seen(headline(self._response)), 0)
        if summary.caption and (by := mended(summary.caption)):
            self._document.add_paragraph().add_run(_seen(by)).italic = True
        if summary.abstract:
            paragraph = self._document.add_paragraph()
            for sentence in summary.abstract.sentences:
                self._cited(paragraph, sentence.value, sentence.citations)
                paragraph.add_run(" ")
        self._facts(summary)
        self._told(summary)
        self._conflicts(summary)
        self._unplaced()
        self._ledger()
        self._document.add_heading("About this summary", 1)
        for name, told in origin(self._response, self._on):
            self._named(name, told)

    def _facts(self, summary: CaseSummary) -> None:
        rows = [(label, field, fact) for label, field in SINGLE if (fact := getattr(summary, field)) is not None]
        if rows:
            self._document.add_heading("The case", 1)
            table = self._document.add_table(0, 2)
            for column, width in zip(table.columns, WIDTHS, strict=True):
                column.width = width  # the cells of rows to come take it
            for label, field, fact in rows:
                cells = table.add_row().cells
                cells[0].paragraphs[0].add_run(label).bold = True
                self._cited(cells[1].paragraphs[0], behind(shown(field, fact), fact), fact.citations)
        for label, field in LISTS:
            if facts := getattr(summary, field):
                self._document.add_heading(label, 1)
                for fact in facts:
                    self._bullet(behind(shown(field, fact), fact), fact.citations)

    def _told(self, summary: CaseSummary) -> None:
        if summary.quotes:
            self._document.add_heading(IN_THEIR_WORDS, 1)
        for fact in summary.quotes:
            self._cited(self._document.add_paragraph(style="Quote"), f"{quoted(fact)} — {behind(speaker(fact), fact)}", fact.citations)
        if summary.timeline:
            self._document.add_heading(TIMELINE, 1)
        for event in summary.timeline:
            self._bullet(behind(event.value, event), event.citations, before=f"{dated(event)}: ")

    def _conflicts(self, summary: CaseSummary) -> None:
        if summary.conflicts:
            self._document.add_heading(DIFFER, 1)
        for conflict in summary.conflicts:
            self._document.add_paragraph(_seen(f"{conflict.about} ({conflict.kind})"))
            for position in conflict.positions:
                self._bullet(position.value, position.citations)

    def _unplaced(self) -> None:
        told = unplaced(self._response)
        if told:
            self._document.add_heading(UNPLACED, 1)
        for label, what, why in told:
            self._document.add_paragraph(_seen(f"{label}, {what}: {why}"), style="List Bullet")

    def _ledger(self) -> None:
        self._document.add_heading(SOURCES, 1)
        articles = {article.id: article for article in self._response.articles}
        for line in self._response.ledger:
            article = articles[line.article]
            day = f", {article.published_on}" if article.published_on else ""
            why = f" ({line.reason})" if line.reason else ""
            self._named(line.article, f"{name_of(article)}{day}: {read_of(line)}{why}")

    def _named(self, name: str, told: str) -> None:
        paragraph = self._document.add_paragraph()
        paragraph.add_run(f"{name}: ").bold = True
        paragraph.add_run(_seen(told))

    def _bullet(self, told: str, citations: list[Citation], before: str = "") -> None:
        paragraph = self._document.add_paragraph(style="List Bullet")
        if before:
            paragraph.add_run(before).bold = True
        self._cited(paragraph, told, citations)

    def _cited(self, paragraph: Paragraph, told: str, citations: list[Citation]) -> None:
        """Words with a footnote behind them that quotes every citation."""
        paragraph.add_run(_seen(told))
        self._notes.append("; ".join(self._quoted(citation) for citation in citations))
        reference = OxmlElement("w:footnoteReference")
        reference.set(qn("w:id"), str(FIRST_NOTE + len(self._notes) - 1))
        paragraph.add_run(style=MARK)._r.append(reference)  # noqa: SLF001 - the only way to an element of one's own

    def _quoted(self, citation: Citation) -> str:
        article = next(article for article in self._response.articles if article.id == citation.article)
        name = article.publisher or article.title
        return f"“{_seen(citation.quote)}” ({f'{_seen(name)}, ' if name else ''}{citation.article} {citation.start}–{citation.end})"

    def _add_notes(self) -> None:
        root = parse_xml(f"<w:footnotes {nsdecls('w')}/>")
        for kind, number in _SEPARATORS:
            root.append(parse_xml(f'<w:footnote {nsdecls("w")} w:type="{kind}" w:id="{number}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'))
        for note in _notes(self._notes, self._style_id(NOTE), self._style_id(MARK)):
            root.append(note)
        main = self._document.part
        blob = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + _serialized(root)
        part = Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, blob, main.package)
        main.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
        settings = self._document.settings.element
        declared = parse_xml(f'<w:footnotePr {nsdecls("w")}>{"".join(f"""<w:footnote w:id="{number}"/>""" for _, number in _SEPARATORS)}</w:footnotePr>')
        # The schema wants it before w:compat; Word refuses settings out of order.
        settings.find(qn("w:compat")).addprevious(declared)

    def _style_id(self, name: str) -> str:
        return str(self._document.styles[name].style_id)


def _notes(notes: list[str], text_style: str, mark_style: str) -> Iterator[Any]:
    for number, told in enumerate(notes, FIRST_NOTE):
        note = parse_xml(
            f'<w:footnote {nsdecls("w")} w:id="{number}"><w:p><w:pPr><w:pStyle w:val="{text_style}"/></w:pPr>'
            f'<w:r><w:rPr><w:rStyle w:val="{mark_style}"/></w:rPr><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"/></w:r></w:p></w:footnote>'
        )
        next(note.iter(qn("w:t"))).text = f" {told}"
        yield note


def _serialized(root: Any) -> bytes:
    from lxml import etree

    return bytes(etree.tostring(root))


def _styles(document: Document) -> None:
    """The two styles of notes, which python-docx's template lacks."""
    text = document.styles.add_style(NOTE, WD_STYLE_TYPE.PARAGRAPH)
    text.base_style, text.font.size, text.paragraph_format.space_after = document.styles["Normal"], Pt(9), Pt(2)
    document.styles.add_style(MARK, WD_STYLE_TYPE.CHARACTER).font.superscript = True


_NO_XML = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {0xFFFE: None, 0xFFFF: None}
"""Characters that XML cannot hold."""


def _seen(text: str) -> str:
    """Words of an article on one line, without characters that nobody sees or that XML cannot hold."""
    return " ".join(harmless(text).translate(_NO_XML).split())
