"""Cutting a text into pieces: nothing is lost, nothing moves, and every character stands under exactly its facts."""

from casebrief.service.page.marked import Place, pieces, sent_span, visible
from hypothesis import given
from hypothesis import strategies as st
from told import response

ALPHABET = st.text(st.sampled_from("ab 🦊é\n\r\t\x00\x1b\u202e<&"), min_size=1, max_size=60)


@st.composite
def marked_texts(draw):
    text = draw(ALPHABET)
    spans = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda span: span[0] < span[1]), max_size=6))
    used, left_out = (
        draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda span: span[0] < span[1]), max_size=3)) for _ in "ab"
    )
    return text, [Place(f"f{number}", f"f{number}-1", *span, side=number % 3) for number, span in enumerate(spans)], used, left_out


def cut(text, places, used, left_out=()):
    report = response({"a": text}, {}, a={"used": used, "left_out": left_out}).articles[0]
    return list(pieces(report, text, places))


@given(marked_texts())
def test_the_pieces_are_the_text(case):
    text, places, used, left_out = case
    assert "".join(piece.text for piece in cut(text, places, used, left_out)) == visible(text).replace("\0", "")


@given(marked_texts())
def test_every_character_stands_under_exactly_its_facts(case):
    # Line ends are one character each here, so that a piece's place in the text is its place among the pieces.
    text, places, used, left_out = case[0].replace("\r", "x"), *case[1:]
    at = 0
    for piece in cut(text, places, used, left_out):
        for place in range(at, at + len(piece.text)):
            holding = [one for one in places if one.start <= place < one.end]
            assert set(piece.keys) == {one.key for one in holding}
            assert set(piece.sides) == {one.side for one in holding if one.side}
            read, other = (any(start <= place < end for start, end in spans) for spans in (used, left_out))
            assert piece.read == ((read and not other) or not text[at : at + len(piece.text)].strip()), (
                "another case's sentences are as grey as what was not read"
            )
        assert set(piece.anchors) == {one.anchor for one in places if one.start == at}
        at += len(piece.text)
    assert at == len(text)


@given(ALPHABET)
def test_what_is_visible_is_as_long_as_the_text_and_commands_nothing(text):
    told = visible(text)
    assert len(told) == len(text)
    assert not set(told.replace("\0\n", "")) & set("\x00\x1b\r\u202e")


@given(ALPHABET, st.data())
def test_what_is_selected_on_the_page_is_the_same_words_of_the_text(text, data):
    shown = visible(text).replace("\0", "")
    start = data.draw(st.integers(0, len(shown) - 1))
    end = data.draw(st.integers(start + 1, len(shown)))
    first, last = sent_span(text, start, end)
    assert visible(text)[first:last].replace("\0", "") == shown[start:end]


def test_a_place_outside_the_text_is_not_shown():
    assert [piece.keys for piece in cut("abc", [Place("f1", "f1-1", 2, 9), Place("f2", "f2-1", 1, 2)], [])] == [(), ("f2",), ()]


def test_of_facts_at_one_place_the_one_of_the_fewest_words_comes_first():
    assert cut("abcdef", [Place("s1", "s1-1", 0, 6), Place("f1", "f1-1", 2, 4)], [])[1].keys == ("f1", "s1")


@given(marked_texts())
def test_there_are_at_most_as_many_pieces_as_cuts(case):
    text, places, used, left_out = case
    assert len(cut(text, places, used, left_out)) <= 2 * (len(places) + len(used) + len(left_out)) + 1
