"""The view that is read: what looks the same to a person reads the same, and every span of it is a slice of what was sent."""

import textwrap

import pytest
from casebrief.service.domain.spans import Span
from casebrief.service.domain.view import harmless, mojibake, seen
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
        "A LINE SET IN CAPITALS OF THE U.S., İ ß\n",
        ".]",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=12).map("".join)


@settings(max_examples=10_000, deadline=None)
@given(TEXTS, st.data())
@pytest.mark.slow
def test_any_span_of_any_view_is_a_slice_of_the_text(text, data):
    view = seen(text)
    assert len(view.text) == len(view.told) == len(view.starts) == len(view.ends)
    assert view.told.casefold() == view.text.casefold()
    assert list(view.starts) == sorted(view.starts)
    assert list(view.ends) == sorted(view.ends)
    if view.text:
        start = data.draw(st.integers(0, len(view.text) - 1))
        end = data.draw(st.integers(start + 1, len(view.text)))
        sent = view.sent(Span(start, end))
        assert 0 <= sent.start < sent.end <= len(text)
        assert view.told[start:end] in view.words(sent)


@pytest.mark.parametrize(
    ("text", "read", "sent"),
    [
        ("5 &amp;amp; 6", "&", "&amp;amp;"),
        ("Tolva\u0301ne", "\u00e1", "a\u0301"),
        ("of\ufb01ce", "fi", "\ufb01"),
        ("=E2=80=9CNo=\n,=\n he=\n said", "“", "=E2=80=9C"),
        ("kettles that melt on the stove when un-\nattended", "unattended", "un-\nattended"),
        ("Tolvane **Kettles** Inc", "Kettles Inc", "Kettles** Inc"),
        ("CUSTOMERS SUE TOLVANE OVER KETTLES", "tolvane", "TOLVANE"),
    ],
)
def test_the_place_of_what_is_read_holds_all_that_it_was_sent_as(text, read, sent):
    view = seen(text)
    start = view.text.index(read)
    assert view.sent(Span(start, start + len(read))).of(text) == sent


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
        ("It denied it.]", "It denied it."),
        ("[It denied it.]", "[It denied it.]"),
        ("🎺🏽 Tolvane 😀 denied it 😀.", "Tolvane denied it."),
        ("the unspec-\nified and the unspec-\nified sum", "the unspecified and the unspecified sum"),
        ("The case is Marwick v. Tolvane Kettles Inc,\nNo. 25-1.", "The case is Marwick v. Tolvane Kettles Inc, No. 25-1."),
        ("an area of 5 km² burnt", "an area of 5 km² burnt"),
        ("a\x1b[31mred\x01 word", "ared word"),
    ],
)
def test_what_looks_the_same_reads_the_same(sent, read):
    assert seen(sent).text == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("TOLVANE SUED BY THE U.S. OVER KETTLES", "Tolvane sued by the U.S. over kettles"),
        ("KETTLES OF TOLVANE MELT ON MAY 12. NO. 25-1 IS MARWICK V. TOLVANE", "Kettles of tolvane melt on May 12. No. 25-1 is marwick v. tolvane"),
        ("BUYERS SUE TOLVANE OVER MELTING KETTLES\n\nA firm, Tolvane, was sued.", "Buyers sue Tolvane over melting kettles\n\nA firm, Tolvane, was sued."),
        ("TOLVANE OF RENO WAS SUED\nOVER KETTLES", "Tolvane of reno was sued\nover kettles"),
        ("HOME NEWS SPORT\nSUBSCRIBE", "HOME NEWS SPORT\nSUBSCRIBE"),
        ("The SEC and the FBI sued.", "The SEC and the FBI sued."),
    ],
)
def test_lines_in_capitals_are_read_in_small_letters_and_told_as_they_were_sent(sent, read):
    view = seen(sent)
    assert (view.text, view.told) == (read, sent)


def test_text_decoded_wrongly_is_recognised():
    assert mojibake(STORY.encode().decode("cp1252", errors="replace"))
    assert mojibake("Ångström, São Paulo, “quoted”, Âge") is None
