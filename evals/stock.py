"""The stock way, in a process of its own: a chat completion with a JSON Schema, all articles in one prompt.

Reads ``{"path", "articles"}`` from standard input and asks llama-cpp-python with the weights at that path, or ``{"server", "articles"}`` and asks an
OpenAI-compatible server at that address; writes ``{"text", "seconds"}``. What others would do first; kept to be compared with.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

MOST_ANSWER_TOKENS = 1024
CONTEXT = 8192

SYSTEM = "You summarise news articles about one lawsuit as JSON. Cite the article's id and the exact words for every fact."


def schema() -> dict[str, object]:
    """The summary's fields in the plainest schema that llama-cpp-python's grammar can carry."""
    citation = {"type": "object", "properties": {"article": {"type": "string"}, "quote": {"type": "string"}}, "required": ["article", "quote"]}
    fact = {
        "type": "object",
        "properties": {"value": {"type": "string"}, "citations": {"type": "array", "items": citation}},
        "required": ["value", "citations"],
    }
    single = ("caption", "docket_number", "court", "judge", "filed_on", "proceeding", "status")
    many = ("plaintiffs", "defendants", "counsel", "causes_of_action", "allegations", "relief_sought", "rulings", "responses", "quotes", "timeline")
    properties: dict[str, object] = dict.fromkeys(single, fact)
    properties |= {name: {"type": "array", "items": fact} for name in many}
    return {"type": "object", "properties": properties, "required": list(properties)}


def messages(articles: Sequence[Mapping[str, str]]) -> list[Any]:
    """The conversation: all articles in one message, cut where the context would be full."""
    told = "\n\n".join(f"[{article['id']}]\n{article['text']}" for article in articles)
    room = 4 * (CONTEXT - MOST_ANSWER_TOKENS - 600)
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": told[:room]}]


def by_weights(path: str, articles: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The answer of llama-cpp-python; the loading of the weights is not counted."""
    from llama_cpp import Llama

    model = Llama(path, n_ctx=CONTEXT, verbose=False, seed=0, logits_all=False)
    began = time.perf_counter()
    answer = model.create_chat_completion(
        messages=messages(articles),
        response_format={"type": "json_object", "schema": schema()},
        temperature=0.0,
        max_tokens=MOST_ANSWER_TOKENS,
    )
    assert isinstance(answer, dict)
    return {"text": answer["choices"][0]["message"]["content"], "seconds": time.perf_counter() - began}


def by_server(url: str, articles: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The answer of a server. Ends the process with one line when it does not answer as an OpenAI-compatible one."""
    asked = {
        "messages": messages(articles),
        "response_format": {"type": "json_schema", "json_schema": {"name": "summary", "schema": schema(), "strict": True}},
        "temperature": 0,
        "max_tokens": MOST_ANSWER_TOKENS,
    }
    began = time.perf_counter()
    try:
        # Whoever waits for this process bounds it.
        response = httpx.post(f"{url.rstrip('/')}/v1/chat/completions", json=asked, timeout=None)  # noqa: S113
        response.raise_for_status()
        text = str(response.json()["choices"][0]["message"]["content"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, LookupError, TypeError) as error:
        sys.exit(f"{url} does not answer as an OpenAI-compatible server: {' '.join(str(error).split())}")
    return {"text": text, "seconds": time.perf_counter() - began}


def main() -> None:
    """Answer once."""
    asked = json.load(sys.stdin)
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    json.dump(by_server(asked["server"], asked["articles"]) if "server" in asked else by_weights(asked["path"], asked["articles"]), sink)
    sink.flush()


if __name__ == "__main__":
    main()
