"""What a server serves, and the proof that it can be held to a constraint, before anything is read by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from casebrief.models.constraints import Facts
from casebrief.models.engine import Answer, Batch, EngineInfo, Question
from casebrief.models.errors import AnswerMalformed, AnswerRefused, ConstraintRefused, ConstraintUnproved, ServerRefused
from casebrief.models.remote.endpoint import Endpoint
from casebrief.models.remote.forms import FORMS, ODD, PROOF
from casebrief.models.remote.request import request
from casebrief.models.remote.server import Server
from pydantic import BaseModel, ValidationError

CONTEXT_TOKENS = 8192
"""The context where neither the server nor a setting tells it."""

IGNORED = "answered as if it were not there"


class _Meta(BaseModel):
    n_ctx: int | None = None


class _Model(BaseModel):
    """A model that is served. vLLM tells its context as ``max_model_len``, llama-server within ``meta``; what that calls a model may be a path."""

    id: str
    owned_by: str = ""
    max_model_len: int | None = None
    meta: _Meta | None = None
    root: str | None = None

    @property
    def name(self) -> str:
        return self.id.rsplit("/", 1)[-1] if self.id.endswith(".gguf") else self.id

    @property
    def context_tokens(self) -> int:
        return self.max_model_len or (self.meta and self.meta.n_ctx) or CONTEXT_TOKENS


class _Models(BaseModel):
    data: list[_Model] = []


@dataclass(frozen=True)
class Proved:
    """What was found out of a server, and how it is to be asked."""

    info: EngineInfo
    model: str
    form: str
    logprobs: bool

    def asked(self, batch: Batch, question: Question) -> dict[str, Any]:
        """The body of a request. Raises `ConstraintRefused`."""
        return request(self.model, batch, question, facts_of(question), FORMS[self.form], logprobs=self.logprobs)


async def prove(server: Server) -> Proved:
    """Ask the proving question in each form until one is obeyed.

    Raises `ConstraintUnproved` where none is, `ServerRefused` where the model is not served, and what else a server can fail of.
    """
    async with server.client() as client:
        served = await _served(server, client)
        tried: dict[str, str] = {}
        for form in FORMS:
            try:
                answer = await _proof(server, client, served, form)
            except ConstraintRefused as error:
                tried[form] = str(error)
            except (AnswerMalformed, AnswerRefused):
                tried[form] = IGNORED
            else:
                if _is_proof(answer):
                    return Proved(_told(server.endpoint, served, form, sure=bool(answer.logprobs)), served.id, form, bool(answer.logprobs))
                tried[form] = IGNORED
    raise ConstraintUnproved(
        f"{served.name} at {server.endpoint.host} cannot be held to a JSON Schema, so nothing is read by it: "
        + "; ".join(f"{form}: {why}" for form, why in tried.items())
        + ". Serve it by vLLM 0.12 or newer, or by llama-server, and without a proxy that drops what it does not know"
    )


def facts_of(question: Question) -> Facts:
    """The one constraint that is offered. Raises `ConstraintRefused`."""
    if not isinstance(question.constraint, Facts):
        raise ConstraintRefused(f"question {question.id}: a server of the OpenAI API is asked for facts as JSON, and for nothing else")
    return question.constraint


async def _proof(server: Server, client: httpx.AsyncClient, served: _Model, form: str) -> Answer:
    """The answer to the proving question, with log-probabilities where the server does not refuse them."""
    (question,) = PROOF.questions
    constraint = facts_of(question)
    try:
        completion = await server.complete(client, request(served.id, PROOF, question, constraint, FORMS[form], logprobs=True))
    except ConstraintRefused as error:
        if "logprob" not in str(error).lower():
            raise
        completion = await server.complete(client, request(served.id, PROOF, question, constraint, FORMS[form], logprobs=False))
    return completion.answer(question.id)


def _is_proof(answer: Answer) -> bool:
    """Whether an answer is, or where it was cut off begins as, the only one allowed."""
    return answer.text.lstrip().startswith("{") and f'"{ODD}"' in answer.text


async def _served(server: Server, client: httpx.AsyncClient) -> _Model:
    """The model that was named, or the only one. Raises `ServerRefused`."""
    endpoint = server.endpoint
    try:
        models = _Models.model_validate(await server.get(client, f"{endpoint.base_url}/models")).data
    except ValidationError:
        raise ServerRefused(f"{endpoint.base_url}/models is no list of models: is CASEBRIEF_OPENAI_BASE_URL that of an OpenAI API?") from None
    names = ", ".join(model.id for model in models[:8]) or "none"
    if not endpoint.model and len(models) != 1:
        raise ServerRefused(f"{endpoint.host} serves {len(models)} models ({names}): name one by CASEBRIEF_MODEL or --model")
    named = next((model for model in models if endpoint.model in ("", model.id)), None)
    if named is None:
        raise ServerRefused(f"{endpoint.host} does not serve {endpoint.model!r}; it serves: {names}")
    return named


def _told(endpoint: Endpoint, served: _Model, form: str, *, sure: bool) -> EngineInfo:
    notes = () if endpoint.here else (f"the text of articles leaves this machine: it goes to {endpoint.host}",)
    if not sure:
        notes = (*notes, "the server tells no log-probabilities: facts have the lowest confidence that is told")
    return EngineInfo(
        model=served.name,
        model_sha256="",
        engine=f"{served.owned_by or 'openai'} at {endpoint.host}, held by {form}",
        context_tokens=endpoint.context_tokens or served.context_tokens,
        threads=0,
        build=served.root or "",
        notes=notes,
    )
