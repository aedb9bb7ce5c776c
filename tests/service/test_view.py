"""The view that is read: what looks the same to a person reads the same, and every span of it is a slice of what was sent."""

import datetime
import textwrap
import unicodedata
from collections.abc import Iterator

import pytest
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.domain.spans import Span
from casebrief.service.domain.view import harmless, mojibake, seen
from casebrief.service.edges import brief
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, wire
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.reading import RuleReader, StoryReader
from casebrief.service.pipeline.summarizing import Summarizer
from hypothesis import given, settings
from hypothesis import strategies as st

PARAGRAPHS = (
    (
        "Tolvane Kettles Inc was sued on Tuesday in federal court in Oakland, California, by three customers who say that its kettles melt on the stove and that "
        "the company had known of the unprecedented fault since the spring."
    ),
    "The case is Marwick v. Tolvane Kettles Inc, No. 25-02218, U.S. District Court, Northern District of California.",
    "“They melt. We told them twice,” said Ada Marwick, who bought two of the kettles last year. Tolvane denied the claims in a statement on Wednesday.",
)
STORY = "\n\n".join(PARAGRAPHS)

PIECES = st.sampled_from(
    [
        *"aZé1 .,;*_#>[]()-!&=\\\n\t\r",
        "\r\n",
        "e\u0301",
        "\u0323\u0307",
        "\u1112\u1161\u11ab",
        "\u00ad",
        "\u200b",
        "\ufeff",
        "\u202e",
        "\x1b[31m",
        "\x9b",
        "–",
        "\u2011",
        "\u00a0",
        "ﬁ",
        "２",
        "&amp;",
        "&#36;",
        "**",
        "](https://x.y)",
        "=\n",
        "=E2=80=9C",
        "(more)",
        "😀",
        "¹",
        "[1]",
        "> ",
        "- ",
        "No. 25–1",
        "the company had known it for a long time and un-\n",
        "lower words at the beginning of a line\n",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=12).map("".join)


@settings(max_examples=10_000, deadline=None)
@given(TEXTS, st.data())
def test_any_span_of_any_view_is_a_slice_of_the_text(text, data):
    view = seen(text)
    assert len(view.text) == len(view.starts) == len(view.ends)
    assert list(view.starts) == sorted(view.starts)
    assert list(view.ends) == sorted(view.ends)
    if view.text:
        start = data.draw(st.integers(0, len(view.text) - 1))
        end = data.draw(st.integers(start + 1, len(view.text)))
        sent = view.sent(Span(start, end))
        assert 0 <= sent.start < sent.end <= len(text)
        assert view.text[start:end] in view.words(sent)


@settings(max_examples=2_000, deadline=None)
@given(TEXTS)
def test_the_view_of_a_view_is_itself(text):
    once = seen(text).text
    assert seen(once).text == once


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Z", "C"]), max_size=60))
def test_nothing_harmful_is_left(text):
    assert not set(harmless(text)) & set("\x1b\x9b\x07\x08\u202e\u2066")


def test_a_plain_text_is_its_own_view():
    assert seen(STORY).text == STORY


@pytest.mark.parametrize("width", [60, 65, 72, 80, 100, 120, 160])
def test_wrapped_lines_are_one_paragraph(width):
    assert seen("\n\n".join(textwrap.fill(paragraph, width) for paragraph in PARAGRAPHS)).text == STORY


def test_lines_that_nobody_wrapped_stay_apart():
    listed = "Tolvane kettles\nNews\nSport\nFour people sued on Monday.\nBy Ann Lee\n"
    assert seen(listed).text == listed


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("the kettles melt and the un-\nprecedented fault was known", "the kettles melt and the unprecedented fault was known"),
        ("the well-kept and so the company said that the well-\nkept kettles melt", "the well-kept and so the company said that the well-kept kettles melt"),
        ("Tol\u00advane Kett\u200bles", "Tolvane Kettles"),
        ("Tolva\u0301ne", "Tolv\u00e1ne"),
        ("No. 25–02218", "No. 25-02218"),
        ("No. 25\u201102218", "No. 25-02218"),
        ("No. ２５-０２２１８", "No. 25-02218"),
        ("from 2019–2020 – at least", "from 2019–2020 – at least"),
        ("[Tolvane Inc](https://x.example/a_(b)) was **sued** on *Tuesday*", "Tolvane Inc was sued on Tuesday"),
        ("> > Tolvane denied it.", "Tolvane denied it."),
        ("## Tolvane sued\n- melts", "Tolvane sued\nmelts"),
        ("&quot;No,&quot; she said of &#36;5,000", '"No," she said of $5,000'),
        ("$5,\u00a0000 a\u00a0day", "$5,000 a day"),
        ("It denied it.[1]", "It denied it."),
        ("It denied it.¹", "It denied it."),
        ("It denied it. (more)", "It denied it."),
        ("It denied it. 😀👨\u200d👩\u200d👧", "It denied it."),
        ("an area of 5 km² burnt", "an area of 5 km² burnt"),
        ("a\x1b[31mred\x01 word", "ared word"),
    ],
)
def test_what_looks_the_same_reads_the_same(sent, read):
    assert seen(sent).text == read


def test_text_decoded_wrongly_is_recognised():
    assert mojibake(STORY.encode().decode("cp1252", errors="replace"))
    assert mojibake("Ångström, São Paulo, “quoted”, Âge") is None


# ---------------------------------------------------------------------- through the pipeline


def summary_of(text: str) -> SummaryResponse:
    return Summarizer(StoryReader(RuleReader()), "", lambda: None).summarize([Submitted("a1", text, published_on=datetime.date(2025, 3, 6))])


DRESSES = {
    "wrapped": "\n\n".join(textwrap.fill(paragraph, 65) for paragraph in PARAGRAPHS),
    "soft hyphens": STORY.replace("Tolvane", "Tol\u00advane"),
    "footnotes": "\n\n".join(f"{paragraph}[{n}]" for n, paragraph in enumerate(PARAGRAPHS)),
    "emoji": "\n\n".join(f"{paragraph} 😀" for paragraph in PARAGRAPHS),
    "decomposed": unicodedata.normalize("NFD", STORY),
    "clipped": STORY.replace("Tolvane Kettles Inc", "[Tolvane Kettles Inc](https://x.example)").replace("Tuesday", "**Tuesday**"),
    "mail": "\n".join(f"> {line}" for line in STORY.split("\n")),
    "dashes": STORY.replace("25-02218", "25–02218"),
    "no-break": STORY.replace(" ", "\u00a0"),
    "direction": STORY.replace("Tolvane", "\u202eTolvane\u202c"),
    "entities": STORY.replace("“", "&ldquo;"),
}


def told(response: SummaryResponse) -> list[tuple[str, str, object]]:
    summary = response.summary.model_dump()
    return [
        (name, fact["value"], fact["normalized"])
        for name, value in summary.items()
        if name not in ("abstract", "conflicts")
        for fact in (value if isinstance(value, list) else [value] if value else [])
    ]


@pytest.mark.parametrize("dress", DRESSES)
def test_a_dress_changes_no_fact_and_every_quote_is_the_sent_texts(dress):
    text = DRESSES[dress]
    response = summary_of(text)
    assert told(response) == told(summary_of(STORY)) != []
    citations = [citation for value in response.summary.model_dump().values() for citation in cited(value)]
    assert citations
    assert all(text[citation["start"] : citation["end"]] == citation["quote"] for citation in citations)


def cited(node: object) -> list[dict]:
    if isinstance(node, dict):
        return [node] if "quote" in node else [found for part in node.values() for found in cited(part)]
    return [found for part in node for found in cited(part)] if isinstance(node, list) else []


def test_a_citation_says_that_its_quote_was_folded():
    caption = summary_of(DRESSES["soft hyphens"]).summary.caption
    assert caption
    assert (caption.value, caption.citations[0].folded) == ("Marwick v. Tolvane Kettles Inc", True)
    plain = summary_of(STORY).summary.caption
    assert plain
    assert "folded" not in plain.citations[0].model_dump()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"<html><body><!-- Foo v. Bar --><p>{PARAGRAPHS[0]}</p></body></html>", "an HTML page"),
        ("%PDF-1.4\nxyz", "a PDF"),
        ("\u200b \u200b", "no paragraph of prose"),
    ],
)
def test_what_is_no_text_gives_no_fact_and_says_what_it_is(text, words):
    response = summary_of(text)
    line = response.ledger[0]
    assert (line.outcome, line.facts, line.share) == ("failed", 0, 0.0)
    assert words in (line.reason or "")
    assert brief.NOTHING in brief.markdown(response)


def test_the_ledger_warns_where_most_of_the_prose_was_left_out():
    comments = "\n\n".join(f"I bought {n} of these kettles and every one of them melted on my stove within a week." for n in range(2, 12))
    line = summary_of(f"{STORY}\n\nComments\n\n{comments}\n").ledger[0]
    assert line.outcome == "partly_used"
    assert "of its prose was left out" in (line.reason or "")
    assert line.share is not None
    assert line.share < 0.5
    assert summary_of(STORY).ledger[0].outcome == "used"


def test_control_characters_reach_no_page():
    text = STORY.replace("They melt.", "They \x1b[31mmelt\x9b0m.").replace("Marwick v", "Mar\u202ewick v")
    page = brief.markdown(summary_of(text))
    assert "Marwick" in page
    assert not set(page) & set("\x1b\x9b\u202e")


# ---------------------------------------------------------------------- with the embedded model

HEAD = (
    "Kettle maker sued over melting handles\n\nTolvane Kettles Inc was sued on Tuesday in federal court in Oakland, California, by customers who say that its "
    "kettles melt.\n\n"
)
FORMS = {
    "names": "The plaintiffs are Ada Marwick, of Fresno; Ben Ostrow, of Reno; Carla Dupree, of Boise; and the estate of Dan Whitlow.\n",
    "bullets": "The complaint says that the company:\n\n- knew of the fault since the spring of 2023\n- refused refunds to at least 400 buyers\n",
    "questions": "Q: Who is suing?\n\nA: Three customers from Fresno, led by Ada Marwick.\n\nQ: What do they want?\n\nA: They want $5,000 each.\n",
    "times": "10:05 a.m. Judge Lena Farrow has taken the bench.\n\n2:15 p.m. The jury found Tolvane liable and awarded $2 million to the customers.\n",
}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casebrief]:
    product = wire(Settings(cache_mb=0, cache_dir=tmp_path_factory.mktemp("cache")))
    assert product.engine
    product.engine.start()
    yield product
    product.close()


def read(product: Casebrief, text: str) -> SummaryResponse:
    return product.summarizer.summarize([Submitted("a1", text, published_on=datetime.date(2025, 3, 6))])


@pytest.mark.model
@pytest.mark.parametrize("dress", DRESSES)
def test_the_model_reads_a_dress_as_it_reads_the_plain_text(product, dress):
    assert told(read(product, DRESSES[dress])) == told(read(product, STORY)) != []


@pytest.mark.model
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_story_is_story(product, form):
    text = HEAD + FORMS[form]
    response = read(product, text)
    assert response.ledger[0].share == 1.0
    assert response.articles[0].used[-1][1] == len(text.rstrip())
