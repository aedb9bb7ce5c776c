"""Text as people paste it into other tools, by those tools' bug reports: read as the plain text is, by the embedded model, over the whole path."""

import base64
import datetime
import io
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
from casebrief.service.edges.brief import terminal
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, wire
from casebrief.service.exports.markdown import markdown
from casebrief.service.exports.wording import NOTHING
from casebrief.service.pipeline.articles import Submitted
from papers import mail, page, story_pdf
from rich.console import Console

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


# ---------------------------------------------------------------------- what differs a little


def kept(product: Casebrief, text: str) -> float:
    """The share of the plain article's facts that another text of it states, whatever the case of their letters."""
    plain = [(name, fact.casefold()) for name, fact in told(read(product, WIRE), values=False)]
    here = [(name, fact.casefold()) for name, fact in told(read(product, text), values=False)]
    return sum(fact in here for fact in plain) / len(plain)


def test_a_paragraph_of_another_language_before_takes_little(product):
    assert kept(product, f"قال المحامي إن الدعوى رفعت يوم الثلاثاء في المحكمة الاتحادية.\n\n{WIRE}") >= 0.9


def test_a_wire_in_capitals_loses_little_and_is_told_in_its_own_letters(product):
    assert kept(product, WIRE.upper()) >= 0.9
    summary = read(product, WIRE.upper()).summary
    assert summary.court
    assert summary.court.normalized.court_id == "cand"
    assert summary.caption
    assert summary.caption.value == "ASHGROVE V. NORVANE HOME INC"
    assert [fact.value for fact in summary.defendants] == ["NORVANE HOME INC"]


def test_a_text_in_small_letters_loses_little(product):
    assert kept(product, WIRE.lower()) >= 0.9


def test_text_decoded_wrongly_is_read_as_it_stands_and_the_ledger_says_so(product):
    broken = WIRE.replace('"Our', "“Our").replace('else,"', "else,”").encode().decode("cp1252", errors="replace")
    assert kept(product, broken) >= 0.8
    assert "decoded wrongly ('â€œ')" in (read(product, broken).ledger[0].reason or "")


def test_nobody_is_made_a_party_out_of_the_class(product):
    summary = read(product, re.sub(r"The case is .*\n\n", "", WIRE)).summary
    assert summary.caption is None
    assert not any("United States" in fact.value for fact in (*summary.plaintiffs, *summary.defendants))


@pytest.mark.parametrize(
    ("said", "published_on", "day"),
    [
        ("on Sunday", "2025-01-01", "2024-12-29"),
        ("on Monday", "2025-01-03", "2024-12-30"),
        ("on Dec. 30", "2025-01-03", "2024-12-30"),
        ("on Thursday", "2025-03-06", "2025-03-06"),
        ("last Thursday", "2025-03-06", "2025-02-27"),
        *((said, "2025-05-06", None) for said in ("on Feb. 29", "on February 30, 2025", "on 31 April", "on March 32", "on the 4th", "on 4/3/2025")),
    ],
)
def test_days_over_new_year_are_right_and_impossible_and_open_ones_are_not_made_up(product, said, published_on, day):
    text = f"Kettle maker is sued\n\nTolvane Kettles Inc was sued {said} in federal court in Oakland, California, by customers who say that its kettles melt.\n"
    filed_on = read(product, text, datetime.date.fromisoformat(published_on)).summary.filed_on
    assert (filed_on.normalized.date if filed_on and filed_on.normalized else None) == day


# ---------------------------------------------------------------------- forms that are story


HEAD = "Kettle maker sued over melting handles\n\nTolvane Kettles Inc was sued on Tuesday in federal court in Oakland, California, by customers who say that its kettles melt.\n\n"
FORMS = {
    "names": "The plaintiffs are Ada Marwick, of Fresno; Ben Ostrow, of Reno; Carla Dupree, of Boise; and the estate of Dan Whitlow.\n",
    "bullets": "The complaint says that the company:\n\n- knew of the fault since the spring of 2023\n- refused refunds to at least 400 buyers\n",
    "questions": "Q: Who is suing?\n\nA: Three customers from Fresno, led by Ada Marwick.\n\nQ: What do they want?\n\nA: They want $5,000 each.\n",
    "times": "10:05 a.m. Judge Lena Farrow has taken the bench.\n\n2:15 p.m. The jury found Tolvane liable and awarded $2 million to the customers.\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_story_is_story(product, form):
    text = HEAD + FORMS[form]
    response = read(product, text)
    assert response.ledger[0].share == 1.0
    assert response.articles[0].used[-1][1] == len(text.rstrip())


# ---------------------------------------------------------------------- what the ledger and the brief say


BASE64 = base64.encodebytes(story_pdf()).decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (page(tuple(WIRE.split("\n\n"))), 'the text is an HTML page: it was not read: send it as "html", or as a file'),
        ("".join(page(tuple(WIRE.split("\n\n"))).splitlines()), 'the text is an HTML page: it was not read: send it as "html", or as a file'),
        ("%PDF-1.4\n1 0 obj\n<</Type/Catalog>>", "the text is a PDF: it was not read: send it as a file"),
        (BASE64, 'the text is a PDF in base64: it was not read: send it as "file"'),
        ("{\\rtf1 Norvane Home Inc was sued on Tuesday.}", "the text is an RTF document: it was not read: paste its text, or send it as a PDF or DOCX file"),
        ("قال المحامي إن الدعوى رفعت يوم الثلاثاء في المحكمة.", "the text is in letters that are not Latin: it was not read: only English is"),
        ("\N{ZERO WIDTH SPACE} \N{ZERO WIDTH SPACE}", "no story was found in the text: no paragraph of prose"),
    ],
    ids=["page", "page on one line", "PDF", "PDF in base64", "RTF", "Arabic", "nothing to see"],
)
def test_what_is_no_text_states_nothing_and_the_ledger_says_what_it_is(product, text, words):
    response = read(product, text)
    (line,) = response.ledger
    assert (line.outcome, line.facts, line.share, line.reason) == ("failed", 0, 0.0, words)
    assert list(facts(response)) == []
    assert NOTHING in markdown(response, DAY)


def test_a_message_pasted_as_it_is_stored_is_read_and_the_ledger_says_what_would_be_better(product):
    response = read(product, mail(tuple(WIRE.split("\n\n"))).decode())
    assert response.summary.caption
    assert response.summary.caption.value == "Ashgrove v. Norvane Home Inc"
    assert "an e-mail (EML): it was read with its headers" in (response.ledger[0].reason or "")


@pytest.mark.parametrize("text", ["Home\nNews\nSport", "The weather stayed dry on Sunday, and people walked their dogs along the river until the evening."])
def test_a_text_without_a_fact_says_so(product, text):
    response = read(product, text)
    assert list(facts(response)) == []
    (line,) = response.ledger
    assert (line.outcome in ("not_about_the_case", "failed"), line.facts, bool(line.reason)) == (True, 0, True)
    assert response.ledger[0].reason
    assert NOTHING in markdown(response, DAY)


def test_a_text_of_another_language_says_so(product):
    text = "Die Firma Norvane wurde am Dienstag vor einem Gericht in Hamburg verklagt, weil ihre Kessel schmelzen. Das Unternehmen wies die Vorwürfe zurück."
    assert "written in 'de', not English" in (read(product, text).ledger[0].reason or "")


def test_the_ledger_warns_where_most_of_the_prose_was_left_out(product):
    comments = "\n\n".join(f"I bought {n} of these doorbells and every one of them talked to my dog within a week." for n in range(2, 22))
    line = read(product, f"{WIRE}\n\nComments\n\n{comments}\n").ledger[0]
    assert line.outcome == "partly_used"
    assert "of its prose was left out" in (line.reason or "")
    assert line.share is not None
    assert line.share < 0.5
    plain = read(product, WIRE).ledger[0]
    assert (plain.outcome, plain.reason) == ("used", None)


def test_the_same_article_again_is_no_second_source(product):
    sent = [WIRE, "\ufeff" + WIRE.replace("\n", "\r\n"), WIRE.replace("Petra Lindqvist-Amadi", "Ann Lee")]
    response = product.summarizer.summarize([Submitted(f"a{n}", text, published_on=DAY) for n, text in enumerate(sent, 1)])
    assert [article.copy_of for article in response.articles] == [None, "a1", "a1"]
    assert response.summary.caption
    assert response.summary.caption.independent_sources == 1


def test_a_citation_says_that_its_quote_was_folded(product):
    caption = read(product, SAME["a soft hyphen in a name"]).summary.caption
    assert caption
    assert (caption.value, caption.citations[0].folded) == ("Ashgrove v. Norvane Home Inc", True)
    plain = read(product, WIRE).summary.caption
    assert plain
    assert "folded" not in plain.citations[0].model_dump()


@pytest.mark.parametrize("dress", ["commands to a terminal", "a name turned round", "a control character in a name"])
def test_control_characters_reach_no_page_and_no_terminal(product, dress):
    response = read(product, SAME[dress])
    out = io.StringIO()
    Console(file=out, width=200).print(terminal(response))
    for written in markdown(response, DAY), out.getvalue():
        assert "Norvane" in written
        assert not set(written) & set("\x01\x1b\N{RIGHT-TO-LEFT OVERRIDE}")
