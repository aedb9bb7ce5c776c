"""Cutting a text into pieces: nothing is lost, nothing moves, and every character stands under exactly its facts."""

from casebrief.service.page.marked import Place, pieces, visible
from hypothesis import given
from hypothesis import strategies as st
from told import response

ALPHABET = st.text(st.sampled_from("ab 🦊é\n\r\t\x00\x1b\u202e<&"), min_size=1, max_size=60)


@st.composite
def marked_texts(draw):
    text = draw(ALPHABET)
    spans = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda span: span[0] < span[1]), max_size=6))
    used = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda span: span[0] < span[1]), max_size=3))
    return text, [Place(f"f{number}", f"f{number}-1", *span, side=number % 3) for number, span in enumerate(spans)], used


def cut(text, places, used):
    report = response({"a": text}, {}, a={"used": used}).articles[0]
    return list(pieces(report, text, places))


@given(marked_texts())
def test_the_pieces_are_the_text(case):
    text, places, used = case
    assert "".join(piece.text for piece in cut(text, places, used)) == visible(text).replace("\0", "")


@given(marked_texts())
def test_every_character_stands_under_exactly_its_facts(case):
    # Line ends are one character each here, so that a piece's place in the text is its place among the pieces.
    text, places, used = case[0].replace("\r", "x"), case[1], case[2]
    at = 0
    for piece in cut(text, places, used):
        for place in range(at, at + len(piece.text)):
            holding = [one for one in places if one.start <= place < one.end]
            assert set(piece.keys) == {one.key for one in holding}
            assert set(piece.sides) == {one.side for one in holding if one.side}
            assert piece.read == (any(start <= place < end for start, end in used) or not text[at : at + len(piece.text)].strip())
        assert set(piece.anchors) == {one.anchor for one in places if one.start == at}
        at += len(piece.text)
    assert at == len(text)


@given(ALPHABET)
def test_what_is_visible_is_as_long_as_the_text_and_commands_nothing(text):
    told = visible(text)
    assert len(told) == len(text)
    assert not set(told.replace("\0\n", "")) & set("\x00\x1b\r\u202e")


def test_a_place_outside_the_text_is_not_shown():
    assert [piece.keys for piece in cut("abc", [Place("f1", "f1-1", 2, 9), Place("f2", "f2-1", 1, 2)], [])] == [(), ("f2",), ()]


def test_of_facts_at_one_place_the_one_of_the_fewest_words_comes_first():
    assert cut("abcdef", [Place("s1", "s1-1", 0, 6), Place("f1", "f1-1", 2, 4)], [])[1].keys == ("f1", "s1")


@given(marked_texts())
def test_there_are_at_most_as_many_pieces_as_cuts(case):
    text, places, used = case
    assert len(cut(text, places, used)) <= 2 * (len(places) + len(used)) + 1
