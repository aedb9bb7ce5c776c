"""Loads the prompts: refuses unknown keys, missing variables and unclosed front matter; hashes what it read.

``reading.md`` (a question after each sentence) and ``article.md`` (one for a whole article) are Markdown with YAML front matter:

    labels      the labels of what an answer lists, each with the summary's field that it fills; a field may carry a member of
                its closed list after a dot ("responses.denies"); "speaker" says who said the quotation or gave the answer
    at_most     how many lines, or facts, an answer has at most
    longest     characters of the words of one of them
    max_tokens  tokens of one answer
    candidates  what is added where another reader's marks stand behind the article; empty where a prompt has no use for them

The body is the instruction. Its variable is ``{{ nothing }}``: no text of an article ever becomes part of a prompt.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

import yaml
from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

SENTENCES, ARTICLE = "reading.md", "article.md"


class PromptError(ValueError):
    """A prompt file that cannot be used; the message names the file and the fault."""


class ReadingPrompt(BaseModel):
    """How an article is read: ``text`` are the instructions, ``labels`` map a label to its field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: Annotated[dict[str, str], Field(min_length=1)]
    at_most: Annotated[int, Field(ge=1, le=200)]
    longest: Annotated[int, Field(ge=2, le=600)]
    max_tokens: Annotated[int, Field(ge=1, le=16_000)]
    candidates: str = ""
    text: Annotated[str, Field(min_length=1)]
    sha256: str


def load(folder: Traversable | None = None, nothing: str = "none", name: str = SENTENCES) -> ReadingPrompt:
    """Load a bundled prompt, or one of another folder. Raises `PromptError`."""
    whole = (folder or files("casebrief.prompts")).joinpath(name).read_text(encoding="utf-8")
    parts = whole.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise PromptError(f"{name}: front matter must begin in the first line and be closed by ---")
    try:
        matter = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise PromptError(f"{name}: {error}") from error
    if not isinstance(matter, dict):
        raise PromptError(f"{name}: front matter must be a mapping")
    try:
        return ReadingPrompt.model_validate(
            {**matter, "text": _render(name, parts[2], {"nothing": nothing}), "sha256": hashlib.sha256(whole.encode()).hexdigest()}
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "front matter"
        raise PromptError(f"{name}: {where}: {first['msg']}") from error


def _render(name: str, body: str, variables: dict[str, object]) -> str:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    try:
        return environment.from_string(body).render(variables).strip()
    except UndefinedError as error:
        raise PromptError(f"{name}: {error.message}; a prompt may use: {', '.join(variables)}") from error
    except TemplateError as error:
        raise PromptError(f"{name}: {error}") from error
