"""Constraints allow what they say and nothing else, and refuse what allows nothing."""

import llguidance
import pytest
from casebrief.models.constraints import Choice, Labelled, grammar, words_of
from casebrief.models.errors import ConstraintRefused
from casebrief.models.llama import LlamaEngine
from hypothesis import given, settings
from hypothesis import strategies as st

SOURCE = 'He said: "It is a €5 naïve\n\n\tlie", and “left” 😀 the building.'


def allows(engine: LlamaEngine, constraint, text: str) -> bool:
    matcher = llguidance.LLMatcher(engine.sampler.guide, grammar(constraint), log_level=0)
    assert not matcher.is_error(), matcher.get_error()
    tokens = engine.native.tokenize(text, special=False)
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


def copied(source: str = SOURCE, **bounds: int) -> Labelled:
    return Labelled(("w",), source, **bounds)


@pytest.mark.model
@pytest.mark.parametrize("text", ["none", "w: It is a €5", "w: naïve lie", "w: “left” 😀", "w: lie\nw: left"])
def test_lines_are_words_of_the_source(engine, text):
    assert allows(engine, copied(at_most=2), text)


@pytest.mark.model
@pytest.mark.parametrize("text", ["", "lie", "w: liar", "w: t is a", "w:  said", "w: lie left", "w: lie\nw: left\nw: said", "none\nw: lie", "w: l"])
def test_lines_are_nothing_else(engine, text):
    assert not allows(engine, copied(at_most=2), text)


@pytest.mark.model
def test_lines_keep_their_length(engine):
    assert allows(engine, copied(longest=10), "w: It is a €5")
    assert not allows(engine, copied(longest=9), "w: It is a €5")


@pytest.mark.model
def test_labels_come_from_the_closed_list(engine):
    constraint = Labelled(("denies", "admits"), SOURCE)
    assert allows(engine, constraint, "denies: It is a €5")
    assert not allows(engine, constraint, "settles: It is a €5")
    assert not allows(engine, constraint, "denies: It was")


@pytest.mark.parametrize(
    "constraint", [Choice(()), Choice(("yes", " ")), copied("  \n"), copied("words", at_most=0), copied("words", longest=1), Labelled((), "words")]
)
def test_what_allows_nothing_is_refused(constraint):
    with pytest.raises(ConstraintRefused):
        grammar(constraint)


@pytest.mark.model
@settings(max_examples=60)
@given(source=st.text(min_size=1, max_size=80).filter(lambda text: words_of(text) and "\0" not in text))
def test_any_text_compiles(engine, source):
    """No source can break the grammar: quotes, braces, control characters, odd Unicode."""
    matcher = llguidance.LLMatcher(engine.sampler.guide, grammar(copied(source)), log_level=0)
    assert not matcher.is_error(), matcher.get_error()
