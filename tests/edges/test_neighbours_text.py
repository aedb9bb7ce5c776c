"""Text as people paste it into other tools, by those tools' bug reports: read as the plain text is, by the embedded model, over the whole path."""

import datetime
import json
import quopri
import re
import textwrap
import unicodedata
from collections.abc import Iterator

import pytest
from casebrief.service import example
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.domain.spans import Span
from casebrief.service.domain.view import seen
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, wire
from casebrief.service.pipeline.articles import Submitted

pytestmark = pytest.mark.model

WIRE, DAILY, BLOG = (article.text for article in example.articles())
DAY = datetime.date(2025, 3, 6)
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casebrief]:
    """The product, which reads what looks the same once, and keeps it."""
    product = wire(Settings(cache_dir=tmp_path_factory.mktemp("cache")))
    product.engine.start()
    yield product
    product.close()


def read(product: Casebrief, text: str, published_on: datetime.date | None = DAY) -> SummaryResponse:
    """The response to one article, whose every citation slices back and whose every copied value is what the view has there."""
    response = product.summarizer.summarize([Submitted("a1", text, published_on=published_on)])
    view = seen(text)
    for _, fact in facts(response):
        assert all(text[c["start"] : c["end"]] == c["quote"] for c in fact["citations"])
        first = fact["citations"][0]
        assert fact["guarantee"] != "copied" or fact["value"] == view.words(Span(first["start"], first["end"]))
    return response


def facts(response: SummaryResponse) -> Iterator[tuple[str, dict]]:
    for name, told in response.summary.model_dump().items():
        if name not in ("abstract", "conflicts"):
            for fact in told if isinstance(told, list) else [told] if told else []:
                yield name, fact


def told(response: SummaryResponse, *, values: bool = True) -> list[tuple[str, str]]:
    """What a response states: of each fact the typed form, else the words; with ``values`` both."""
    return [(name, json.dumps([fact["normalized"] or fact["value"], *([fact["value"]] if values else [])], sort_keys=True)) for name, fact in facts(response)]


# ---------------------------------------------------------------------- what a person would not notice


def lines(of: str, change) -> str:
    """A text, each of its lines that is not blank changed."""
    return "\n".join(change(line) if line.strip() else line for line in of.split("\n"))


def ended(end: str) -> str:
    return lines(WIRE, lambda line: line + end if line[-1] in '."' else line)


def cut(line: str, width: int = 44) -> str:
    """A line in lines of a width, words cut with hyphens."""
    out = []
    while len(line) > width:
        inside = line[width - 1].isalpha() and line[width].isalpha()
        end = width if inside else line.rindex(" ", 0, width + 1)
        out.append(line[:end] + "-" * inside)
        line = line[end:].lstrip(" ")
    return "\n".join([*out, line])


def within_words(sign: str) -> str:
    return re.sub(r"(?<!\w)([^\W\d_]{3})([^\W\d_]{3,})", rf"\1{sign}\2", WIRE)


LINKED = "[Norvane Home Inc](https://news.example/tag/norvane)"

SAME = {
    **{f"wrapped at {width}": lines(WIRE, lambda line, width=width: textwrap.fill(line, width)) for width in (60, 65, 72, 80, 100, 120, 160)},
    "words cut at 44": lines(WIRE, cut),
    **{
        f"paragraphs that end in {end!a}": ended(end)
        for end in ("[1]", "¹", " 😀", " (more)", "]", "   ", "\f", "\v", "\t", "\x85", "\N{LINE SEPARATOR}", "\N{PARAGRAPH SEPARATOR}", "\N{NO-BREAK SPACE}")
    },
    "CR": WIRE.replace("\n", "\r"),
    "CRLF": WIRE.replace("\n", "\r\n"),
    "line separators": WIRE.replace("\n", "\N{LINE SEPARATOR}"),
    "indented by tabs": lines(WIRE, lambda line: f"\t{line}"),
    "a mark of byte order": f"\ufeff{WIRE}",
    "a soft hyphen in a name": WIRE.replace("Norvane", "Nor\N{SOFT HYPHEN}vane"),
    "a zero-width space in a name": WIRE.replace("Norvane", "Nor\N{ZERO WIDTH SPACE}vane"),
    "soft hyphens in all long words": within_words("\N{SOFT HYPHEN}"),
    "zero-width spaces in all long words": within_words("\N{ZERO WIDTH SPACE}"),
    **{f"a docket number with {unicodedata.name(dash)}": WIRE.replace("25-02218", f"25{dash}02218") for dash in "–—\N{NON-BREAKING HYPHEN}"},
    "a docket number in full width": WIRE.replace("25-02218", "２５-０２２１８"),
    "an emoji before": f"🎺🏽{FAMILY} {WIRE}",
    "an emoji within": WIRE.replace("Norvane said", "Norvane 😀 said"),
    "Markdown of a clipper": WIRE.replace("Norvane Home Inc", LINKED).replace("Tuesday", "**Tuesday**").replace("\nAccording", "\n> According"),
    "no-break spaces": WIRE.replace(" ", "\N{NO-BREAK SPACE}"),
    "a no-break space in a sum": WIRE.replace("$5,000", "$5,\N{NO-BREAK SPACE}000"),
    "marks of direction around quotes": WIRE.replace('"', '\N{LEFT-TO-RIGHT MARK}"\N{LEFT-TO-RIGHT MARK}'),
    "a name turned round": WIRE.replace("Norvane", "\N{RIGHT-TO-LEFT OVERRIDE}Norvane\N{POP DIRECTIONAL FORMATTING}"),
    "a control character in a name": WIRE.replace("Norvane", "Nor\x01vane"),
    "commands to a terminal": WIRE.replace("knock", "\x1b[31mknock\x1b[0m"),
    "entities": WIRE.replace('"', "&quot;").replace("$", "&#36;").replace("'", "&#x27;"),
    "quoted-printable": quopri.encodestring(WIRE.encode()).decode(),
    "quoted mail": "\n".join(f"> {line}" for line in WIRE.split("\n")),
    "quoted mail, wrapped": "\n".join(f"> {line}" for line in lines(WIRE, lambda line: textwrap.fill(line, 72)).split("\n")),
}


@pytest.mark.parametrize("dress", SAME)
def test_what_looks_the_same_states_the_same(product, dress):
    response = read(product, SAME[dress])
    assert told(response) == told(read(product, WIRE)) != []
    assert response.ledger[0].outcome == "used"


@pytest.mark.parametrize("plain", [DAILY, BLOG], ids=["daily", "blog"])
def test_the_other_articles_wrapped_state_the_same(product, plain):
    assert told(read(product, lines(plain, lambda line: textwrap.fill(line, 72)))) == told(read(product, plain)) != []


def test_accents_apart_state_the_same(product):
    accented = WIRE.replace("Norvane", "Norváne").replace("Ashgrove", "Ashgröve")
    response = read(product, unicodedata.normalize("NFD", accented))
    assert told(response) == told(read(product, accented))
    assert response.summary.caption
    assert response.summary.caption.value == "Ashgröve v. Norváne Home Inc"
