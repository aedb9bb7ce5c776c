"""Kept cases as pages: each beside its sources, with forms that correct it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from casebrief.service.cases.errors import CaseError
from casebrief.service.cases.store import CaseStore
from casebrief.service.corrections.asking import Selected, Wanted
from casebrief.service.corrections.model import FIELDS, SINGLE
from casebrief.service.domain.schema import Citation
from casebrief.service.edges.corrected import CaseNow, case_now, correct
from casebrief.service.edges.corrections_http import corrected_or_problem
from casebrief.service.edges.formats import today
from casebrief.service.edges.page_answers import SAVED_AS, html, parsed
from casebrief.service.edges.problems import Problem
from casebrief.service.exports.facts import Stated, facts
from casebrief.service.page import render
from casebrief.service.page.marked import sent_span
from casebrief.service.page.mending import CaseFile, Typed, mending_of
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

PARTS = frozenset({"number", "field", "value", "at", "from", "start", "end", "by", "article", "quote", "choice", "speaker", "action"})


def kept_cases(store: CaseStore) -> list[CaseFile]:
    """The cases that are kept; none where their file is out of reach: the page still asks for articles."""
    try:
        return [CaseFile(case.name, case.number, case.articles) for case in store.cases()]
    except CaseError:
        return []


def case_router(store: CaseStore, body_of: Callable[[Request], Awaitable[bytes]]) -> APIRouter:
    """The pages' routes. Where keys are asked for, the gate lets nobody to them without one."""
    router = APIRouter(include_in_schema=False, prefix="/cases/{name}")

    async def now_of(name: str) -> CaseNow:
        return await run_in_threadpool(corrected_or_problem, lambda: case_now(store, name))

    @router.get("")
    async def shown(name: str) -> Response:
        now = await now_of(name)
        return html(await run_in_threadpool(render.served, now.response, now.texts, today(), SAVED_AS, _file(now)))

    @router.get("/facts/{fact}")
    async def fact_form(name: str, fact: str) -> Response:
        now = await now_of(name)
        stated = next((one for one in facts(now.response) if one.id == fact), None)
        if stated is None:
            raise Problem(404, "not-found", "Not Found", f"{name} has no fact {fact!r}")
        return html(render.mending(mending_of(_file(now), stated.field, stated, now.response)))

    @router.get("/add")
    async def fields(name: str) -> Response:
        now = await now_of(name)
        return html(render.addable(_file(now), now.response))

    @router.get("/add/{field}")
    async def addition_form(name: str, field: str) -> Response:
        if field not in FIELDS:
            raise Problem(404, "not-found", "Not Found", f"there is no field {field!r}")
        now = await now_of(name)
        return html(render.mending(mending_of(_file(now), field, None, now.response)))

    @router.post("/facts")
    async def mend(name: str, request: Request) -> Response:
        sent = await _sent(await body_of(request), request)
        try:
            wanted = _wanted(sent, (await now_of(name)).texts)
            after = await run_in_threadpool(corrected_or_problem, lambda: correct(store, name, [wanted], sent["by"], int(sent["number"])))
        except Problem as problem:
            return await _again(name, sent, problem)
        return RedirectResponse(f"/cases/{name}#{_place_of(after, sent)}", 303)

    async def _again(name: str, sent: Mapping[str, str], problem: Problem) -> Response:
        """The form with what was typed, and what was wrong with it."""
        now = await now_of(name)
        typed = Typed(**{part: sent.get(part, "") for part in Typed.__dataclass_fields__})
        asked = mending_of(_file(now), sent["field"], _meant(now, sent), now.response, typed, problem.detail)
        return html(render.mending(asked), problem.status)

    return router


def _file(now: CaseNow) -> CaseFile:
    return CaseFile(now.name, now.number, len(now.response.articles))


async def _sent(body: bytes, request: Request) -> dict[str, str]:
    """The form's fields. Raises `Problem`: 400, 415 or 422."""
    form = await parsed(body, request.headers, files=0, fields=len(PARTS))
    sent = {name: value.replace("\r\n", "\n") for name, value in form.items() if isinstance(value, str)}
    if set(sent) - PARTS or not {"number", "field", "by", "action"} <= set(sent) or not sent["number"].isdecimal() or sent["field"] not in FIELDS:
        raise Problem(422, "invalid-request", "The request does not fit", "this is no form of a case's page")
    return sent


def _wanted(sent: Mapping[str, str], texts: Mapping[str, str]) -> Wanted:
    """What a form asks for. Raises `Problem` 422."""
    document: dict[str, Any] = {"action": sent["action"], "field": sent["field"]}
    if "value" in sent:
        document |= {"value": sent["value"], "place": {"article": sent.get("at", ""), "start": sent.get("from")}}
    if sent["action"] in ("change", "add"):
        document |= {"words": _words(sent, texts), "choice": sent.get("choice") or None, "speaker": sent.get("speaker") or None}
    try:
        return Wanted.model_validate(document)
    except ValidationError as error:
        raise Problem(422, "invalid-request", "The request does not fit", f"this is no form of a case's page: {error.errors()[0]['msg']}") from None


def _words(sent: Mapping[str, str], texts: Mapping[str, str]) -> Selected | None:
    """The words that were typed, or that were selected in the text as the page shows it."""
    article, start, end = sent.get("article", ""), sent.get("start", ""), sent.get("end", "")
    if start.isdecimal() and end.isdecimal() and article in texts:
        first, last = sent_span(texts[article], int(start), int(end))
        return Selected(article=article, start=first, end=max(last, 1))
    return Selected(article=article, quote=sent["quote"].strip()) if sent.get("quote", "").strip() else None


def _meant(now: CaseNow, sent: Mapping[str, str]) -> Stated | None:
    return next(
        (one for one in facts(now.response) if one.field == sent["field"] and one.fact.value == sent.get("value") and _cites(one.citations, sent)), None
    )


def _cites(citations: list[Citation], sent: Mapping[str, str]) -> bool:
    return any((one.article, str(one.start)) == (sent.get("at"), sent.get("from")) for one in citations)


def _place_of(now: CaseNow, sent: Mapping[str, str]) -> str:
    """Where on the page the corrected fact stands: the one that was mended last, else its section."""
    mended = [(one.fact.corrected.at, one.id) for one in facts(now.response) if one.field == sent["field"] and one.fact.corrected]
    newest = max(mended, default=None) if sent["action"] != "delete" else None
    return newest[1] if newest else "the-case" if sent["field"] in SINGLE else sent["field"].replace("_", "-")
