"""Loads the prompts: refuses unknown keys, missing variables and unclosed front matter; hashes what it read.

A question file is Markdown with YAML front matter:

    fields      the summary's fields that its answers may fill
    constraint  "spans": words copied from the article, one answer a line; "labelled": a label of a closed list,
                a colon, and copied words
    at_most     how many answers
    longest     characters of one answer
    max_tokens  tokens of all answers together
    labels      the closed list, for "labelled"
    example     a worked example: an article, and the answer that it should get

The body is the question. Its variables are ``{{ at_most }}`` and ``{{ nothing }}``: no text of an article ever
becomes part of a prompt.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Literal

import yaml
from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class PromptError(ValueError):
    """A prompt file that cannot be used; the message names the file and the fault."""


class Example(BaseModel):
    """A worked example of a question."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    article: Annotated[str, Field(min_length=1)]
    answer: Annotated[str, Field(min_length=1)]


class QuestionPrompt(BaseModel):
    """One question, ready to ask; ``text`` is its body with the variables filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    fields: Annotated[tuple[str, ...], Field(min_length=1)]
    constraint: Literal["spans", "labelled"]
    at_most: Annotated[int, Field(ge=1, le=20)]
    longest: Annotated[int, Field(ge=2, le=600)]
    max_tokens: Annotated[int, Field(ge=1, le=1000)]
    labels: tuple[str, ...] = ()
    example: Example
    text: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _labels_fit(self) -> QuestionPrompt:
        if (self.constraint == "labelled") != bool(self.labels):
            raise ValueError('labels belong to the constraint "labelled", and to no other')
        return self


@dataclass(frozen=True)
class PromptSet:
    """All prompts, in the order of their names, and the SHA-256 over their files."""

    instructions: str
    questions: tuple[QuestionPrompt, ...]
    sha256: str

    def question(self, name: str) -> QuestionPrompt:
        """The question of a name. Raises `KeyError`."""
        return next((q for q in self.questions if q.id == name), None) or _missing(name)


def _missing(name: str) -> QuestionPrompt:
    raise KeyError(name)


def load(folder: Traversable | None = None, nothing: str = "none") -> PromptSet:
    """Load the bundled prompts, or those of another folder. Raises `PromptError`."""
    root = folder or files("casebrief.prompts")
    system = root.joinpath("system.md").read_text(encoding="utf-8")
    found = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(root.joinpath("questions").iterdir(), key=lambda path: path.name)
        if path.name.endswith(".md")
    }
    digest = hashlib.sha256()
    for name, text in {"system.md": system, **found}.items():
        digest.update(f"{name}\0{text}\0".encode())
    instructions = _render("system.md", system, {"nothing": nothing})
    return PromptSet(instructions, tuple(_question(name, text, nothing) for name, text in found.items()), digest.hexdigest())


def _question(name: str, text: str, nothing: str) -> QuestionPrompt:
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise PromptError(f"{name}: front matter must begin in the first line and be closed by ---")
    try:
        matter = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise PromptError(f"{name}: {error}") from error
    if not isinstance(matter, dict):
        raise PromptError(f"{name}: front matter must be a mapping")
    body = _render(name, parts[2], {"at_most": matter.get("at_most"), "nothing": nothing})
    try:
        return QuestionPrompt.model_validate({**matter, "id": name.removesuffix(".md"), "text": body})
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
