"""Facts as JSON: what an answer of that form states, how sure each of it is, and the form as a grammar for llama.cpp's server."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from itertools import pairwise

from casebrief.models.constraints import Facts
from casebrief.models.engine import Answer
from casebrief.models.errors import AnswerMalformed
from pydantic import BaseModel, ConfigDict, Field, ValidationError

_STRING = r'"((?:[^"\\]|\\.)*")'
_FACT = re.compile(rf'\{{\s*"line"\s*:\s*\d+\s*,\s*"label"\s*:\s*{_STRING}\s*,\s*"words"\s*:\s*{_STRING}\s*\}}')
"""One fact as it is written; the groups are what stands between its quotation marks, and the mark that ends it."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Fact(_Closed):
    line: int
    label: str
    words: str = Field(min_length=1)


class _Answer(_Closed):
    facts: list[_Fact]


@dataclass(frozen=True)
class Stated:
    """One fact of an answer; ``probability`` is that of its label and words together, 0 to 1, ``None`` where the engine tells none."""

    line: int
    label: str
    words: str
    probability: float | None


def stated(answer: Answer, constraint: Facts) -> list[Stated]:
    """What an answer that ended by itself states, in its order. Raises `AnswerMalformed` where it breaks the constraint."""
    try:
        facts = _Answer.model_validate_json(answer.text).facts
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = "/".join(map(str, first["loc"])) or "the answer"
        raise AnswerMalformed(f"the model's answer is not the JSON that it was held to: {where}: {first['msg']}") from None
    strange = [fact for fact in facts if fact.label not in constraint.labels or not 1 <= fact.line <= constraint.lines]
    if strange or not constraint.at_least <= len(facts) <= constraint.at_most:
        raise AnswerMalformed(f"the model's answer has {len(facts)} facts, {len(strange)} of them with a label or a line that there is not")
    written = list(_FACT.finditer(answer.text))
    sure = [_probability(answer, match) for match in written] if len(written) == len(facts) else [None] * len(facts)
    return [Stated(fact.line, fact.label, fact.words, likely) for fact, likely in zip(facts, sure, strict=True)]


def _probability(answer: Answer, match: re.Match[str]) -> float | None:
    """The product over the tokens of label and words. What stands around them is forced, and says nothing."""
    tokens = zip(answer.logprobs, pairwise([*answer.starts, len(answer.text)]), strict=True)
    chosen = [logprob for logprob, (start, end) in tokens if any(start < match.end(n) and match.start(n) < end for n in (1, 2))]
    return min(1.0, math.exp(sum(chosen))) if chosen else None


def gbnf(constraint: Facts) -> str:
    """The constraint in llama.cpp's grammar format."""
    some = f'fact ("," ws fact){{0,{constraint.at_most - 1}}}'
    lines = " | ".join(f'"{number}"' for number in range(1, constraint.lines + 1))
    labels = " | ".join(json.dumps(json.dumps(label, ensure_ascii=False), ensure_ascii=False) for label in constraint.labels)
    return (
        'root ::= "{\\"facts\\":" ws "[" '
        + (some if constraint.at_least else f"({some})?")
        + ' "]}"\n'
        + 'fact ::= "{\\"line\\":" ws line ",'
        + ' \\"label\\":" ws label ",'
        + ' \\"words\\":" ws string "}"\n'
        + f"line ::= {lines}\n"
        + f"label ::= {labels}\n"
        + 'string ::= "\\"" ([^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\bfnrt/] | "u" [0-9a-fA-F]{4}))+ "\\""\n'
        + 'ws ::= " "?\n'
    )
