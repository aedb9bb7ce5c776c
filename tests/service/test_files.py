"""Files as people have them: what each is, its text, what it says of itself, and where its words stand."""

import datetime
import html
import io
import re
from collections import Counter
from pathlib import Path

import docx
import pytest
from casebrief.service.domain.schema import HtmlPlace, PdfPlace, WordPlace
from casebrief.service.files.extracted import Extracted, Limits
from casebrief.service.files.reading import read_file
from casebrief.service.files.sniffing import kind_of
from casebrief.service.files.unreadable import Unreadable
from casebrief.service.files.worker import answer
from papers import HEADLINE, STORY, body_xml, locked_pdf, mail, page, pdf, story_pdf, with_document_xml, word

PAGES = sorted((Path(__file__).parent.parent / "pages").glob("*.html"))
LIMITS = Limits(200_000)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(content: bytes | str) -> Extracted:
    """A file read in this process, as its own would."""
    raw = content.encode() if isinstance(content, str) else content
    outcome = answer(kind_of(raw), raw, LIMITS)
    assert outcome.extracted, outcome.told
    return outcome.extracted


def place_of(extracted: Extracted, words: str):
    start = extracted.text.index(words)
    return extracted.place(start, start + len(words))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xff\xfe", "empty"),
        ("\n\n".join(STORY).encode(), "text"),
        ("\n\n".join(STORY).encode("utf-16"), "text"),
        ("\n\n".join(STORY).encode("utf-16-le"), "text"),
        (b"A <b>bold</b> word and <i>another</i> do not make a page; 5 < 6 > 4.", "text"),
        (b"Subject: of the suit is a kettle.\n\nIt melts.", "text"),
        (b"From: what we know, the suit is new.\nDate: unknown.\n\nIt melts.", "text"),
        (page().encode(), "html"),
        (b"\xef\xbb\xbf<!-- saved --><!DOCTYPE HTML><p>x", "html"),
        (page().encode("utf-16"), "html"),
        (b"<p>A fragment.</p>", "html"),
        (b'<?xml version="1.0"?>\n<html xmlns="x"><body/></html>', "html"),
        (story_pdf(), "pdf"),
        (b"\n\n%PDF-1.7", "pdf"),
        (word(), "docx"),
        (mail(), "mail"),
        (mail(html=True), "mail"),
        (b"PK\3\4" + b"xl/workbook.xml", "office"),
        (b"PK\5\6" + bytes(18), "zip"),
        (b"{\\rtf1 x}", "rtf"),
        (OLE + bytes(512), "legacy_office"),
        (b"\x89PNG\r\n\x1a\n\0", "image"),
        (b"\xff\xd8\xff\xe0\0", "image"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image"),
        (b"ID3\4\0", "sound_or_video"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x7fELF\2", "program"),
        (bytes(range(256)), "binary"),
    ],
)
def test_what_a_file_is_is_told_by_its_content(content, kind):
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("pasted", "kind"), [(page(), "html"), ("\ufeff  <html>", "html"), ("%PDF-1.4 …", "pdf"), (mail().decode(), "mail"), (STORY[0], "text"), (" ", "empty")]
)
def test_what_a_pasted_text_is_is_told_by_the_same_marks(pasted, kind):
    assert kind_of(pasted) == kind


# ------------------------------------------------------------------ HTML


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


def gold_of(path: Path) -> str:
    return path.with_suffix(".txt").read_text(encoding="utf-8")


def test_the_story_of_saved_pages_is_found_to_98_words_in_100_and_little_else():
    assert len(PAGES) == 20
    hit, found, there = 0, 0, 0
    for path in PAGES:
        got, gold = words(read(path.read_bytes()).text), words(gold_of(path))
        hit, found, there = hit + (got & gold).total(), found + got.total(), there + gold.total()
    assert hit / found >= 0.98
    assert hit / there >= 0.98


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_saved_page_is_read_badly_and_each_word_has_its_place(path):
    extracted = read(path.read_bytes())
    source = path.read_bytes().decode(extracted.encoding)
    got, gold = words(extracted.text), words(gold_of(path))
    assert (got & gold).total() >= 0.9 * max(got.total(), gold.total())
    assert extracted.metadata.title == gold_of(path).splitlines()[0]
    for match in re.finditer(r"\S+", extracted.text):
        place = extracted.place(*match.span())
        assert isinstance(place, HtmlPlace)
        assert html.unescape(re.sub(r"<[^>]*>", "", source[slice(*place.html)])) == match.group()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_whole_paragraphs_place_in_html_holds_its_words_and_no_others(path):
    extracted = read(path.read_bytes())
    source = path.read_bytes().decode(extracted.encoding)
    for paragraph in extracted.text.split("\n\n"):
        place = place_of(extracted, paragraph)
        written = html.unescape(re.sub(r"<[^>]*>", "", source[slice(*place.html)]))
        assert " ".join(written.split()) == paragraph


def test_words_over_two_paragraphs_of_html_have_no_place():
    extracted = read(page())
    assert place_of(extracted, f"{STORY[0][-10:]}\n\n{STORY[1][:10]}") is None


def test_a_note_tells_of_the_second_article_of_a_page_and_of_a_wall():
    noted = {path.stem: read(path.read_bytes()).notes for path in PAGES}
    assert {stem: notes for stem, notes in noted.items() if notes} == {
        "two_in_divs": ("the page holds 2 articles: the first was read",),
        "endless_scroll": ("the page holds 2 articles: the first was read",),
        "paywall_stub": ("the page says that it shows only a part of the article to those who do not subscribe",),
    }


def test_title_publisher_and_day_say_where_they_are_from():
    about = read(page()).metadata
    assert (about.title, about.title_from) == (HEADLINE, "json-ld")
    assert (about.publisher, about.publisher_from) == ("The Harbor Daily", "json-ld")
    assert (about.published_on, about.published_on_from) == (datetime.date(2025, 3, 6), "json-ld")
    metas = page().replace("ld+json", "x").replace("</head>", '<meta name="date" content="2025-03-07"><meta property="og:site_name" content="Site"></head>')
    about = read(metas).metadata
    assert (about.title_from, about.publisher_from, about.published_on_from) == ("html", "meta", "meta")
    assert about.published_on == datetime.date(2025, 3, 7)


@pytest.mark.parametrize("written", ["yesterday", "2025-02-30", "", "20250306", "9999-01-01"])
def test_a_day_that_is_none_is_not_taken(written):
    extracted = read(page().replace("2025-03-06T08:00:00Z", written))
    assert extracted.metadata.published_on in (None, datetime.date(2025, 3, 6))
    assert (extracted.metadata.published_on is None) == (written != "20250306")


def test_a_page_of_an_old_encoding_is_read_by_what_it_says():
    old = page().replace('charset="utf-8"', 'charset="windows-1252"').replace("melt", "mélt").encode("cp1252")
    extracted = read(old)
    assert "mélt" in extracted.text
    assert extracted.notes == ()


# ------------------------------------------------------------------ PDF


def test_a_pdf_is_read_as_paragraphs_without_running_heads_and_page_numbers():
    text = read(story_pdf(STORY * 4, lines_a_page=9)).text
    paragraphs = text.split("\n\n")
    assert paragraphs[0] == "The Harbor Daily, Thursday 6 March 2025"
    assert paragraphs[1:] == [HEADLINE, *STORY * 4]


def test_words_of_a_pdf_have_a_page_and_a_rectangle_for_each_line():
    left, size = 72, 10
    extracted = read(
        pdf(
            [
                [(left, 700, size, "A first page that says nothing.")],
                [(left, 500, size, "Norvane Home was sued on Tuesday by"), (left, 486, size, "customers in Oakland.")],
            ]
        )
    )
    one = place_of(extracted, "customers in")
    assert isinstance(one, PdfPlace)
    assert one.page == 2
    ((x0, y0, x1, y1),) = one.rectangles
    assert (round(x0), y0 < 486 < y1) == (left, True)
    assert y1 < 500
    assert 5 * size < x1 - left < 7 * size  # Helvetica: 12 characters of half a size each
    both = place_of(extracted, "Tuesday by customers")
    assert [round(rectangle[1]) for rectangle in both.rectangles] == sorted((round(rectangle[1]) for rectangle in both.rectangles), reverse=True)
    assert len(both.rectangles) == 2


def test_words_over_a_pages_end_have_both_pages():
    extracted = read(pdf([[(72, 60, 10, "The suit was filed in the")], [(72, 800, 10, "northern district on Tuesday.")]]))
    place = place_of(extracted, "the northern district")
    assert (place.page, [part.page for part in place.further]) == (1, [2])


def test_words_broken_at_a_lines_end_are_whole_and_hyphens_stay():
    lines = ["The plaintiffs filed a class-action suit, and the plain-", "tiffs ask for damages in a class-", "action of their own on Tuesday."]
    extracted = read(pdf([[(72, 700 - 14 * place, 10, line) for place, line in enumerate(lines)]]))
    assert extracted.text == "The plaintiffs filed a class-action suit, and the plaintiffs ask for damages in a class-action of their own on Tuesday."
    assert len(place_of(extracted, "plaintiffs ask").rectangles) == 2


# ------------------------------------------------------------------ DOCX


def test_words_of_a_word_document_have_the_number_of_their_paragraph():
    extracted = read(word())
    assert extracted.text.split("\n\n") == [HEADLINE, *STORY]
    place = place_of(extracted, "Ashgrove v. Norvane")
    assert isinstance(place, WordPlace)
    assert docx.Document(io.BytesIO(word())).paragraphs[place.paragraph - 1].text == STORY[2]
    assert place_of(extracted, f"{STORY[0][-5:]}\n\n{STORY[1][:5]}") is None


def test_a_word_document_is_read_as_it_stands_now_links_tables_and_insertions_with_it():
    inner = (
        "<w:p><w:r><w:t>Norvane was </w:t></w:r><w:del><w:r><w:delText>never </w:delText></w:r></w:del><w:ins><w:r><w:t>sued</w:t></w:r></w:ins>"
        "<w:hyperlink><w:r><w:t> on Tuesday</w:t></w:r></w:hyperlink><w:r><w:t>.</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>A cell.</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    assert read(with_document_xml(word(), body_xml(inner))).text == "Norvane was sued on Tuesday.\n\nA cell."


# ------------------------------------------------------------------ mail


def test_a_mail_gives_its_subject_sender_and_day_and_its_text_without_soft_breaks():
    for extracted in (read(mail()), read(mail(html=True))):
        assert all(paragraph in extracted.text for paragraph in STORY)
        about = extracted.metadata
        assert (about.title, about.publisher, about.published_on) == (HEADLINE, "The Harbor Daily", datetime.date(2025, 3, 6))
        assert about.published_on_from == "mail"
        assert "Tulsa" not in extracted.text


def test_a_mail_that_was_passed_on_says_nothing_of_day_and_publisher():
    about = read(mail(subject=f"Fwd: Re: {HEADLINE}")).metadata
    assert about.title == HEADLINE
    assert (about.publisher, about.published_on) == (None, None)


def test_flowed_lines_of_a_mail_are_put_together():
    raw = mail().replace(b'Content-Type: text/plain; charset="utf-8"', b'Content-Type: text/plain; charset="utf-8"; format=flowed')
    assert "and a half" in read(raw.partition(b"\n\n")[0] + b"\n\n" + b"The suit is a year =20\nand a half old.".replace(b"=20", b"=20")).text


# ------------------------------------------------------------------ text


@pytest.mark.parametrize(("encoding", "said"), [("utf-8", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")])
def test_text_in_any_unicode_is_read_without_a_guess(encoding, said):
    extracted = read("\n\n".join(STORY).encode(encoding))
    assert extracted.text == "\n\n".join(STORY)
    assert (extracted.encoding, extracted.notes) == (said, ())


def test_an_old_encoding_is_guessed_over_all_of_the_text_and_the_guess_is_told():
    text = "The suit was filed on Tuesday in Oakland. " * 300 + "“Nos bouilloires sont sûres”, a déclaré Zoé Brénnàn à Genève, près de la forêt."
    extracted = read(text.encode("cp1252"))
    assert extracted.text == text
    assert "guessed" in extracted.notes[0]


# ------------------------------------------------------------------ what cannot be read


@pytest.mark.parametrize(
    ("content", "reason", "told"),
    [
        (b"", "no-text", "empty: send the article itself"),
        (pdf([[], []]), "no-text", "a PDF of 2 pages without text, as scanners make them: run text recognition (OCR) over it first"),
        (locked_pdf(), "locked", "a PDF protected by a password: save it without one"),
        (story_pdf()[:300], "damaged", "a damaged PDF: open it in a viewer and print it to a PDF again"),
        (b"PK\5\6" + bytes(18), "kind", "a zip archive: send the files in it one by one"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "kind", "an image: run text recognition (OCR) over it, or paste the article's text"),
        (OLE + bytes(600), "kind", "an old or password-protected office document: save it as DOCX without a password, or as PDF"),
        (b"PK\3\4xl/workbook.xml", "kind", "a document of an office program (no DOCX): save it as DOCX or PDF, or paste its text"),
        (b"PK\3\4word/document.xml", "damaged", "a damaged Word document: open it in Word or LibreOffice and save it again as DOCX"),
        (
            word([], headline=None),
            "no-text",
            "a Word document without text in its body: where it holds pictures of text, run text recognition (OCR) over it first",
        ),
        (
            b"<html><body><nav><a href=/>Home</a></nav></body></html>",
            "no-text",
            "an HTML page without a story in it (a menu, a consent wall, or a page that a script fills): paste the article's text",
        ),
        (mail([]), "no-text", "an e-mail without text of its own: send what is attached to it as a file"),
    ],
    ids=lambda value: value if isinstance(value, str) and "-" in value else "",
)
def test_what_cannot_be_read_is_one_line_that_says_what_it_is_and_what_would_help(content, reason, told):
    with pytest.raises(Unreadable) as caught:
        read_file(content, LIMITS)
    assert (caught.value.reason, str(caught.value)) == (reason, told)
