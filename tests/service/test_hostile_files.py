"""Hostile files: each costs its own request a typed error, reaches nothing outside, and every parser's answer holds together over any bytes."""

import io
import os
import socket
import subprocess
import sys
import threading
import zipfile

import pytest
from casebrief.service.files.extracted import Extracted, HtmlPlaces, Limits, PdfPlaces, WordPlaces
from casebrief.service.files.html import read_html
from casebrief.service.files.reading import NotWanted, read_file
from casebrief.service.files.unreadable import Unreadable
from casebrief.service.files.worker import answer
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from papers import STORY, body_xml, mail, page, pdf, story_pdf, with_document_xml, word

LIMITS = Limits(200_000)
CASES = int(os.environ.get("FUZZ_CASES", "60"))
"""Made-up files for each parser and kind of harm: few on every run, ten thousand where the environment asks for them."""

pytestmark = [pytest.mark.timeout(0)] if "FUZZ_CASES" in os.environ else []
"""Who asks for more cases waits for them: the guard against tests that hang is off."""


def refused(content: bytes | str, reason: str, limits: Limits = LIMITS) -> str:
    with pytest.raises(Unreadable) as caught:
        read_file(content, limits)
    assert caught.value.reason == reason, caught.value.told
    assert "\n" not in caught.value.told
    return caught.value.told


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b" " * 150_000_000)
    return out.getvalue()


LAUGHS = '<!DOCTYPE x [<!ENTITY a "' + "lol" * 100 + '">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(9)) + "]>"


def test_a_zip_bomb_is_refused_by_its_directory():
    assert "unfolds to 150 MB" in refused(bomb(), "too-large")


def test_entities_of_a_word_document_are_not_unfolded():
    laughing = with_document_xml(word(), body_xml("<w:p><w:r><w:t>Norvane was sued. &j;</w:t></w:r></w:p>", LAUGHS))
    outcome = answer("docx", laughing, LIMITS)
    assert outcome.reason == "damaged" or "lol" not in outcome.extracted.text


def test_a_page_nested_deeply_is_refused():
    assert "deep" in refused("<html><body>" + "<div>" * 100_000 + STORY[0], "too-large")


def test_a_page_nested_as_deeply_as_may_be_is_read():
    extracted = read_file("<html><body>" + "<div>" * 1900 + "".join(f"<p>{paragraph}</p>" for paragraph in STORY), LIMITS)
    assert STORY[2] in extracted.text


def test_limits_of_pages_and_characters():
    assert "3 pages, more than 2" in refused(pdf([[(72, 700, 10, "x")]] * 3), "too-large", Limits(1000, pages=2))
    for content in (story_pdf(), word(), page()):
        assert "more than 100" in refused(content, "too-large", Limits(100))


def test_a_file_without_end_is_cut_off_by_processor_time():
    endless = "<html><body>" + "<p><b>word <i>and" * 300_000
    assert "processor time" in refused(endless, "too-slow", Limits(200_000, processor_s=1))


def test_a_file_that_wants_too_much_memory_is_refused():
    told = refused("<html><body>" + "<p><b>word <i>and" * 300_000, "too-large", Limits(200_000, memory_bytes=160_000_000))
    assert "memory" in told


def test_a_file_that_nobody_wants_any_more_is_let_go():
    with pytest.raises(NotWanted):
        read_file(page(), LIMITS, stop=lambda: True)


@pytest.mark.parametrize("call", ["socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo('example.org', 80)", "subprocess.Popen(['true'])"])
def test_the_parsers_process_reaches_nothing_outside(call):
    code = f"import socket, subprocess\nfrom casebrief.service.files.worker import confine\nfrom casebrief.service.files.extracted import Limits\nconfine(Limits(1))\n{call}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PermissionError" in done.stderr.splitlines()[-1]


def test_nothing_that_a_file_names_is_fetched():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        called = threading.Event()
        server.settimeout(0.2)

        def listen() -> None:
            while not done.is_set():
                try:
                    server.accept()[0].close()
                    called.set()
                except TimeoutError:
                    continue

        done = threading.Event()
        ear = threading.Thread(target=listen)
        ear.start()
        entity = f'<!DOCTYPE x [<!ENTITY out SYSTEM "{address}">]>'
        answer("docx", with_document_xml(word(), body_xml("<w:p><w:r><w:t>Norvane was sued. &out;</w:t></w:r></w:p>", entity)), LIMITS)
        head = f'<base href="{address}"><link rel="stylesheet" href="{address}"><link rel="amphtml canonical" href="{address}"></head>'
        answer("html", page().replace("</head>", f'{head}<img src="{address}"><iframe src="{address}"></iframe>').encode(), LIMITS)
        done.set()
        ear.join()
        assert not called.is_set()


# ------------------------------------------------------------------ any bytes


def holds_together(extracted: Extracted, source_length: int) -> None:
    places = extracted.places
    pieces = {HtmlPlaces: "runs", PdfPlaces: "lines", WordPlaces: "paragraphs"}
    before = 0
    for piece in getattr(places, pieces[type(places)]) if places else ():
        assert before <= piece.start < piece.end <= len(extracted.text)
        before = piece.end
        if isinstance(places, HtmlPlaces):
            assert 0 <= piece.source_start < piece.source_end <= source_length
        if isinstance(places, PdfPlaces):
            assert len(piece.edges) == piece.end - piece.start + 1
    extracted.text.encode()


def whole(kind: str, content: bytes) -> None:
    outcome = answer(kind, content, LIMITS)
    if outcome.extracted is None:
        assert outcome.told
        assert "\n" not in outcome.told
    else:
        holds_together(outcome.extracted, len(content))


def harmed(content: bytes) -> st.SearchStrategy[bytes]:
    """A good file with some of its bytes changed, and perhaps its end missing."""

    def harm(changes: list[tuple[int, int]], keep: int) -> bytes:
        made = bytearray(content)
        for place, value in changes:
            made[place % len(made)] = value
        return bytes(made[: max(1, len(made) - keep)])

    change = st.tuples(st.integers(0, 1 << 30), st.integers(0, 255))
    return st.builds(harm, st.lists(change, max_size=12), st.just(0) | st.integers(0, len(content)))


@pytest.mark.parametrize("kind", ["html", "pdf", "docx", "mail", "text"])
def test_any_bytes_give_a_text_with_its_places_or_one_line(kind):
    @given(st.binary(max_size=400))
    @profile(max_examples=CASES)
    def check(content: bytes) -> None:
        whole(kind, content)

    check()


@pytest.mark.parametrize(
    ("kind", "content"),
    [("html", page().encode()), ("pdf", story_pdf()), ("docx", word()), ("mail", mail()), ("mail", mail(html=True))],
    ids=["html", "pdf", "docx", "mail", "html mail"],
)
def test_harmed_files_give_a_text_with_its_places_or_one_line(kind, content):
    @given(harmed(content))
    @profile(max_examples=CASES)
    def check(made: bytes) -> None:
        whole(kind, made)

    check()


TAGS = st.sampled_from(
    ["p", "div", "li", "ul", "table", "td", "a", "script", "style", "title", "br", "h1", "article", "aside", "template", "svg", "!--", "![CDATA["]
)
SOUP = st.lists(
    st.one_of(
        TAGS.map("<{}>".format),
        TAGS.map("</{}>".format),
        TAGS.map("<{} class=".format),
        st.sampled_from(["&amp;", "&#x41;", "&#0", "&", "<", ">", "-->", "]]>", "\r\n", STORY[0], STORY[1]]),
    )
)


@given(SOUP)
@profile(max_examples=CASES)
def test_any_soup_of_tags_gives_words_at_their_places_or_one_line(soup):
    source = "".join(soup)
    try:
        extracted = read_html(source, LIMITS)
    except Unreadable:
        return
    holds_together(extracted, len(source))
    for run in extracted.places.runs:
        if run.end - run.start == run.source_end - run.source_start:
            assert extracted.text[run.start : run.end].split() == source[run.source_start : run.source_end].split()
