"""How a server is told what an answer may look like, in the forms of now, and the question that shows whether it obeys.

vLLM takes ``structured_outputs`` and, since 0.12, nothing else of its own; what it no longer knows (``guided_json``) it ignores without a word
(vllm-project/vllm#53975). ``response_format`` with a JSON Schema is OpenAI's form, which vLLM and llama-server take as well; ``grammar`` is llama-server's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from casebrief.models.constraints import Facts, json_schema
from casebrief.models.engine import Batch, Question
from casebrief.models.facts import gbnf

Form = Callable[[Facts], dict[str, Any]]


def _response_format(constraint: Facts) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "facts", "schema": json_schema(constraint), "strict": True}}}


FORMS: dict[str, Form] = {
    "structured_outputs": lambda constraint: {"structured_outputs": {"json": json_schema(constraint)}},
    "response_format": _response_format,
    "grammar": lambda constraint: {"grammar": gbnf(constraint)},
}
"""By name, in the order in which they are tried, what a request carries."""

ODD = "-".join(hashlib.sha256(b"casebrief: held to what it may say").hexdigest()[start : start + 6] for start in (0, 6, 12))
"""Letters and digits that nobody would write."""

PROOF = Batch(
    "You answer with one word, and with nothing around it. Never write JSON.",
    ("The ferry to the island leaves at nine.",),
    (Question("proof", "When does the ferry leave? Write the one word and nothing else.", Facts((ODD,), 1, 1, at_least=1), 200),),
)
"""Who is free to answers "nine", even where it is shown the schema; who is held writes `ODD`, which stands in no prompt."""
