"""The page over HTTP: a form, its answer, and what the answer can be saved as. The answer carries all that saving needs; nothing is kept here."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from casebrief import __version__
from casebrief.models.errors import ModelError
from casebrief.service import example
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.edges.case_pages import kept_cases
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.formats import BY_NAME, Told, today
from casebrief.service.edges.page_answers import GUARDS, SAVED_AS, html, parsed
from casebrief.service.edges.problems import Problem, of_engine
from casebrief.service.edges.requests import SummaryRequest, of_document
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.stores import case_store_of
from casebrief.service.edges.summaries import summarized
from casebrief.service.edges.wiring import Casebrief
from casebrief.service.page import render
from casebrief.service.page.mending import CaseFile
from casebrief.service.verifying import verify
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile

ASSETS = {"page.css": "text/css", "page.js": "text/javascript", "mend.js": "text/javascript", "page.svg": "image/svg+xml"}
FIELDS_AT_FIRST, PARTS = 3, ("text", "file", "published_on", "publisher")
_NAME = re.compile(rf"(\d{{1,4}})-({'|'.join(PARTS)})", re.ASCII)
_POINTER = re.compile(r"^/articles/(\d+)(?:/\w+)?: ")

BodyOf = Callable[[Request], Awaitable[bytes]]
"""Reads a body within the server's limits of size and time."""


def page_router(product: Casebrief, desk: Desk, body_of: BodyOf) -> APIRouter:
    """The page's routes. What reads articles, or what a client sends, lies under /v1, where keys are asked for."""
    router = APIRouter(include_in_schema=False)
    settings, store = product.settings, case_store_of(product.settings)

    @router.get("/")
    def ask(articles: str = "", example: str = "") -> Response:
        count = int(articles) if re.fullmatch(r"[1-9]\d{0,3}", articles, re.ASCII) else FIELDS_AT_FIRST
        fields = _example_fields(settings) if example else _blank(min(count, settings.max_articles))
        return html(_form(fields, settings, cases=kept_cases(store)))

    @router.get("/page/{name}")
    def asset(name: str) -> Response:
        if name not in ASSETS:
            raise Problem(404, "not-found", "Not Found", f"the page has no {name!r}")
        return Response(render.asset(name), media_type=ASSETS[name], headers={**GUARDS, "Cache-Control": "no-cache"})

    @router.get("/v1/page")
    def answered_before() -> Response:
        return RedirectResponse("/")  # the answer to a form that was sent is kept nowhere

    @router.post("/v1/page")
    async def case(request: Request) -> Response:
        sent: dict[int, dict[str, Any]] = {}
        try:
            sent = await _sent(await body_of(request), request.headers, settings)
            told = await summarized(product, desk, await run_in_threadpool(_wanted, sent, settings), request.is_disconnected)
        except (Problem, ModelError) as error:
            problem = error if isinstance(error, Problem) else of_engine(error)
            request.state.problem = problem.kind
            return html(_form(_fields(sent), settings, _in_words(problem.detail, sorted(sent))), problem.status, problem.headers)
        return html(await run_in_threadpool(render.served, told.response, told.texts, told.on, SAVED_AS))

    @router.post("/v1/page/save")
    async def save(request: Request) -> Response:
        form, told = await _kept(await body_of(request), request.headers)
        wanted = BY_NAME.get(form)
        if wanted is None:
            raise Problem(422, "invalid-request", "The request does not fit", f"the form {form!r} is not known: it may be {', '.join(BY_NAME)}")
        name = f"case-{told.on.isoformat()}{wanted.suffixes[0]}"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(await run_in_threadpool(wanted.write, told), media_type=wanted.content_type, headers={**GUARDS, **disposition})

    @router.post("/v1/page/verify")
    async def prove(request: Request) -> Response:
        _, told = await _kept(await body_of(request), request.headers)
        verdict = await run_in_threadpool(verify, told.response, list(told.texts.values()), __version__)
        return html(render.proof(verdict.told, verdict.faults))

    return router


# ---------------------------------------------------------------------- the form


def _form(fields: list[render.Field], settings: Settings, problem: str = "", cases: Sequence[CaseFile] = ()) -> str:
    more = min(2 * len(fields), settings.max_articles)
    return render.form(fields, settings.max_articles, problem, more=more if more > len(fields) else 0, cases=cases, keyed=settings.api_keys_file is not None)


def _blank(count: int) -> list[render.Field]:
    return [render.Field(number) for number in range(1, count + 1)]


def _example_fields(settings: Settings) -> list[render.Field]:
    articles = example.articles()[: settings.max_articles]
    return [render.Field(number, one.text, one.publisher or "", str(one.published_on or "")) for number, one in enumerate(articles, 1)]


def _fields(sent: dict[int, dict[str, Any]]) -> list[render.Field]:
    """What was typed, so that nothing of it is lost; a browser gives no file back."""
    fields = [render.Field(number, one.get("text", ""), one.get("publisher", ""), one.get("published_on", "")) for number, one in sorted(sent.items())]
    return fields or _blank(FIELDS_AT_FIRST)


def _in_words(detail: str, numbers: list[int]) -> str:
    """A problem with the article's number in the form, where it points at one."""
    found = _POINTER.match(detail)
    if found and int(found[1]) < len(numbers):
        return f"Article {numbers[int(found[1])]}: {detail[found.end() :]}"
    return detail


async def _sent(body: bytes, headers: Headers, settings: Settings) -> dict[int, dict[str, Any]]:
    """By number in the form, the articles that were filled in, with the keys of the JSON request. Raises `Problem`: 400, 415 or 422."""
    form = await parsed(body, headers, files=settings.max_articles, fields=len(PARTS) * settings.max_articles)
    sent: dict[int, dict[str, Any]] = {}
    for field, value in form.multi_items():
        named = _NAME.fullmatch(field)
        if named is None:
            raise Problem(422, "invalid-request", "The request does not fit", f"the field {field!r} is not known")
        if told := await _filled(named[2], value):
            sent.setdefault(int(named[1]), {}).update(told)
    return {number: one for number, one in sent.items() if {"text", "file"} & set(one)}


async def _filled(part: str, value: UploadFile | str) -> dict[str, Any]:
    """What a field says of its article: nothing where it was left empty. A form writes line ends as CRLF: they were typed as one character."""
    if isinstance(value, UploadFile):
        content = await value.read()
        return {"file": base64.b64encode(content).decode("ascii"), "name": value.filename} if value.filename else {}
    return {part: value.replace("\r\n", "\n")} if value.strip() else {}


def _wanted(sent: dict[int, dict[str, Any]], settings: Settings) -> SummaryRequest:
    if not sent:
        raise Problem(422, "invalid-request", "The request does not fit", "no article was given: paste the text of one, or choose a file")
    return of_document({"articles": [one for _, one in sorted(sent.items())]}, settings)


# ---------------------------------------------------------------------- what was answered before


async def _kept(body: bytes, headers: Headers) -> tuple[str, Told]:
    """The form that is asked for, and the case that the page held. Raises `Problem`: 400, 415 or 422."""
    form = await parsed(body, headers, files=0, fields=2)
    kept, wanted = form.get("kept"), form.get("form") or ""
    return await run_in_threadpool(lambda: (str(wanted), _told(kept)))


def _told(kept: Any) -> Told:
    try:
        document = json.loads(kept)
        response, texts = SummaryResponse.model_validate(document["response"]), document["texts"]
    except (TypeError, KeyError, ValueError, RecursionError, ValidationError) as error:
        raise Problem(422, "invalid-request", "The request does not fit", f"this is no case of the page: {type(error).__name__}") from None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise Problem(422, "invalid-request", "The request does not fit", "this is no case of the page: its texts are none")
    return Told(response, texts, today())
