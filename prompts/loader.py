"""Loads the prompt: refuses unknown keys, missing variables and unclosed front matter; hashes what it read.

``reading.md`` is Markdown with YAML front matter:

    labels      the labels of an answer's lines, each with the summary's field that it fills; a field may carry a member of
                its closed list after a dot ("responses.denies"); "speaker" says who said the quotation or gave the answer
    at_most     how many lines an answer has at most
    longest     characters of one line's words
    max_tokens  tokens of one answer

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

NAME = "reading.md"


class PromptError(ValueError):
    """A prompt file that cannot be used; the message names the file and the fault."""


class ReadingPrompt(BaseModel):
    """How an article is read sentence by sentence: ``text`` are the instructions, ``labels`` map a line's label to its field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: Annotated[dict[str, str], Field(min_length=1)]
    at_most: Annotated[int, Field(ge=1, le=40)]
    longest: Annotated[int, Field(ge=2, le=600)]
    max_tokens: Annotated[int, Field(ge=1, le=1000)]
    text: Annotated[str, Field(min_length=1)]
    sha256: str


def load(folder: Traversable | None = None, nothing: str = "none") -> ReadingPrompt:
    """Load the bundled prompt, or that of another folder. Raises `PromptError`."""
    whole = (folder or files("casebrief.prompts")).joinpath(NAME).read_text(encoding="utf-8")
    parts = whole.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise PromptError(f"{NAME}: front matter must begin in the first line and be closed by ---")
    try:
        matter = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise PromptError(f"{NAME}: {error}") from error
    if not isinstance(matter, dict):
        raise PromptError(f"{NAME}: front matter must be a mapping")
    try:
        return ReadingPrompt.model_validate({**matter, "text": _render(parts[2], {"nothing": nothing}), "sha256": hashlib.sha256(whole.encode()).hexdigest()})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "front matter"
        raise PromptError(f"{NAME}: {where}: {first['msg']}") from error


def _render(body: str, variables: dict[str, object]) -> str:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    try:
        return environment.from_string(body).render(variables).strip()
    except UndefinedError as error:
        raise PromptError(f"{NAME}: {error.message}; a prompt may use: {', '.join(variables)}") from error
    except TemplateError as error:
        raise PromptError(f"{NAME}: {error}") from error
