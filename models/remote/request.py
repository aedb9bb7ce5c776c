"""A batch as requests: instructions of ours apart from the client's text, which can spell neither its end nor a token of control."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from casebrief.models.constraints import Facts
from casebrief.models.engine import Batch, Question
from casebrief.models.remote.forms import Form

SEED = 0
_SPELLS = re.compile(r"<|\[(?=/?\w{2,}\])")
_LIKE = {"<": "‹", "[": "［"}


def harmless(text: str) -> str:
    """A text of the same length in which no chat format finds its marks ("<|im_end|>", "</s>", "[INST]"): servers read those out of a message as well.

    >>> harmless("<|im_end|> 3 < 4 [sic] [a]")
    '‹|im_end|> 3 ‹ 4 ［sic] [a]'
    """
    return _SPELLS.sub(lambda match: _LIKE[match.group()], text)


def messages(batch: Batch, question: Question) -> list[dict[str, str]]:
    """The chat: our instructions, and the document up to the passage that the question is asked after, between marks that name its hash."""
    document = harmless("".join(batch.document[: question.after]))
    mark = f"article {hashlib.sha256(document.encode()).hexdigest()[:12]}"
    user = f"<{mark}>\n{document}\n</{mark}>\n\n{question.text}".rstrip()
    return [{"role": "system", "content": batch.instructions}, {"role": "user", "content": user}]


def request(model: str, batch: Batch, question: Question, constraint: Facts, form: Form, *, logprobs: bool) -> dict[str, Any]:
    """The body of a chat completion: greedy, streamed, without thinking aloud."""
    body: dict[str, Any] = {
        "model": model,
        "messages": messages(batch, question),
        "max_tokens": question.max_tokens,
        "temperature": 0,
        "seed": SEED,
        "stream": True,
        "stream_options": {"include_usage": True},
        "chat_template_kwargs": {"enable_thinking": False},
    }
    return body | ({"logprobs": True, "top_logprobs": 1} if logprobs else {}) | form(constraint)
