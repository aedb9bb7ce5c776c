"""Sentences and lines hold every word, in order, and slice back, for any text."""

from itertools import pairwise

import pytest
from casebrief.service.domain.spans import Span, lines, sentences
from hypothesis import given
from hypothesis import strategies as st

ODD = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=300)


@given(ODD)
def test_lines_lose_nothing_but_white_space(text):
    spans = list(lines(text))
    assert "".join("".join(span.of(text).split()) for span in spans) == "".join(text.split())
    assert all(before.end <= after.start for before, after in pairwise(spans))


@given(ODD)
def test_sentences_lose_nothing_but_white_space(text):
    found = sentences(text, Span(0, len(text)))
    assert "".join("".join(span.of(text).split()) for span in found) == "".join(text.split())
    assert all(span.of(text) == span.of(text).strip() for span in found)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The case is Ashgrove v. Norvane Home Inc, No. 25-02218. It is new.", 2),
        ("Norvane Home Inc. said so. The U.S. government did not.", 2),
        ("Judge M. E. Okereke heard Mr. Brandt at 9 a.m. on Jan. 5.", 1),
        ("It settled with Plinth Inc. The sum is secret.", 2),
        ("“We will fight,” he said. “We will win.”", 2),
        ("He was charged under 18 U.S.C. § 1343. He denies it.", 2),
        ("It names Calder Cos. Ltd., Sgt. Ada Webb and, in B.C. Supreme Court, State ex rel. Hollis v. Brix.", 1),
        ("They met in Salem, Ore. Brix denies it. Then he fell ill. Brix paid.", 3),
        ("It is G.R. No. 2345. It is new.", 2),
        ("Is it over? Not yet! Wait…", 3),
        ("It paid $5.5 million. More may follow.", 2),
    ],
)
def test_abbreviations_do_not_end_sentences(text, count):
    assert len(sentences(text, Span(0, len(text)))) == count
