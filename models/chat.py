"""The chat scaffold: the model's own template around our words and the client's, kept apart.

A template is rendered with marks in place of text, then cut at the marks. So the scaffold alone is tokenized with
special tokens on, and nothing that a client wrote is ever seen by the template engine.
"""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import TemplateError
from jinja2.exceptions import TemplateError as _RaisedInTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment

DOCUMENT = "\ue000document\ue001"
QUESTION = "\ue000question\ue001"

PLAIN = "{instructions}\n\n{document}\n\n{question}\nAnswer:\n"


@dataclass(frozen=True)
class Scaffold:
    """The trusted text before the document, between document and question, and after the question."""

    before: str
    between: str
    after: str


def scaffold(template: str | None, instructions: str, bos: str = "", eos: str = "") -> Scaffold:
    """Cut a chat template (Jinja, from the model's metadata) around document and question.

    ``None`` means that the model has no template: a plain layout is used. A template that refuses a system
    message (as Gemma's does) gets the instructions at the head of the user's message.

    Raises:
        ValueError: the template loses or repeats one of the two marks.

    """
    body = f"{DOCUMENT}\n\n{QUESTION}"
    if template is None:
        rendered = PLAIN.format(instructions=instructions, document=DOCUMENT, question=QUESTION)
    else:
        try:
            rendered = _render(template, [_message("system", instructions), _message("user", body)], bos, eos)
        except TemplateError:
            rendered = _render(template, [_message("user", f"{instructions}\n\n{body}")], bos, eos)
        if instructions.strip() not in rendered:
            rendered = _render(template, [_message("user", f"{instructions}\n\n{body}")], bos, eos)
    if rendered.count(DOCUMENT) != 1 or rendered.count(QUESTION) != 1:
        raise ValueError("the model's chat template does not carry the user's message exactly once")
    before, rest = rendered.split(DOCUMENT)
    between, after = rest.split(QUESTION)
    return Scaffold(before, between, after)


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _render(template: str, messages: list[dict[str, str]], bos: str, eos: str) -> str:
    def refuse(message: str) -> str:
        raise _RaisedInTemplate(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    return environment.from_string(template).render(messages=messages, add_generation_prompt=True, bos_token=bos, eos_token=eos, enable_thinking=False)
