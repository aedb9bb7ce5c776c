"""Facts as JSON: the schema and the grammar allow what the reader of answers takes, and nothing else; probabilities are those of label and words."""

import json
import math

import jsonschema
import pytest
from casebrief.models.constraints import Facts, grammar, json_schema
from casebrief.models.engine import Answer
from casebrief.models.errors import AnswerMalformed, ConstraintRefused
from casebrief.models.facts import gbnf, stated
from llguidance import LLMatcher

ASKED = Facts(("judge", "asks fees"), lines=12, at_most=2)
Fact = tuple[object, object, object]


def json_of(*facts: Fact) -> str:
    return json.dumps({"facts": [{"line": line, "label": label, "words": words} for line, label, words in facts]})


def answer(text: str, logprobs: tuple[float, ...] = (), starts: tuple[int, ...] = ()) -> Answer:
    return Answer("facts", text, logprobs, starts, len(starts), 0, "stop")


FITS = [(), ((1, "judge", "A. Person"),), ((12, "asks fees", 'the "costs" \\ of\tit'), (3, "judge", "Ünï"))]
FAILS = [((0, "judge", "x"),), ((13, "judge", "x"),), ((1, "jury", "x"),), ((1, "judge", ""),), (("1", "judge", "x"),), ((1, "judge", "x"),) * 3]


@pytest.mark.parametrize("facts", FITS)
def test_what_the_schema_allows_is_read(facts):
    text = json_of(*facts)
    jsonschema.validate(json.loads(text), json_schema(ASKED))
    assert [(fact.line, fact.label, fact.words) for fact in stated(answer(text), ASKED)] == list(facts)


@pytest.mark.parametrize("facts", FAILS)
def test_what_the_schema_refuses_is_refused(facts):
    text = json_of(*facts)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(text), json_schema(ASKED))
    with pytest.raises(AnswerMalformed):
        stated(answer(text), ASKED)


def test_facts_that_cannot_be_are_refused_before_they_are_asked_for():
    for wrong in (Facts((), 1, 1), Facts(("a",), 0, 1), Facts(("a",), 1, 1, at_least=2)):
        with pytest.raises(ConstraintRefused):
            json_schema(wrong)


def test_the_embedded_engines_constraints_take_the_schema_as_well(engine):
    def allowed(text: str) -> int:
        matcher = LLMatcher(engine.sampler.guide, grammar(ASKED))
        assert not matcher.is_error(), matcher.get_error()
        tokens = engine.native.tokenize(text, special=False)
        return matcher.try_consume_tokens(tokens) - len(tokens)

    assert allowed(json_of((12, "asks fees", "x"))) == 0
    assert allowed(json_of((13, "asks fees", "x"))) < 0
    assert allowed(json_of((1, "jury", "x"))) < 0


def test_the_grammar_names_each_label_and_line_and_bounds_the_number_of_facts():
    rules = dict(line.split(" ::= ") for line in gbnf(ASKED).splitlines())
    assert rules["line"] == " | ".join(f'"{number}"' for number in range(1, 13))
    assert rules["label"] == r'"\"judge\"" | "\"asks fees\""'
    assert "{0,1}" in rules["root"]
    assert rules["root"].count(")?") == 1
    assert ")?" not in gbnf(Facts(("a",), 1, 1, at_least=1)).splitlines()[0]


@pytest.mark.parametrize("space", ["", " ", "\n  "])
def test_a_probability_is_that_of_label_and_words_whatever_stands_around_them(space):
    text = f'{{{space}"facts":{space}[{space}{{"line":{space}1,{space}"label": "judge",{space}"words":{space}"A. Person"}}]}}'
    logprobs = [-9.0] * len(text)
    for words in ('judge"', 'A. Person"'):
        start = text.index(words)
        logprobs[start : start + len(words)] = [-0.1] * len(words)
    (fact,) = stated(answer(text, tuple(logprobs), tuple(range(len(text)))), ASKED)
    assert fact.probability == pytest.approx(math.exp(-0.1 * 16))


def test_without_tokens_or_in_another_order_there_is_no_probability():
    text = '{"facts": [{"label": "judge", "line": 1, "words": "x"}]}'
    assert stated(answer(text, (-0.1,), (0,)), ASKED)[0].probability is None
    assert stated(answer(json_of((1, "judge", "x"))), ASKED)[0].probability is None
