"""Summaries over HTTP: `POST /v1/summaries`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from casebrief.service.domain.schema import CasesResponse, SummaryResponse
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.formats import FORMATS, accepted
from casebrief.service.edges.forms import FORM_SCHEMA, JSON, MULTIPART, media_type, read_request
from casebrief.service.edges.problems import Problem, documented
from casebrief.service.edges.summaries import summarized, summarized_all
from casebrief.service.edges.wiring import Casebrief
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

STATUSES = {
    400: "The body is not JSON, or no form",
    401: "A key is asked for, and none that is known was shown",
    403: "The request comes from another site's page",
    408: "The body did not come in time",
    406: "The answer cannot be had in a form that Accept names",
    413: "More articles, characters or bytes than the limits allow",
    415: "The content type is neither JSON nor a form, or the body is compressed",
    421: "The Host is no name of this server",
    422: "Something in the request does not fit, a file cannot be read, or the articles are about several cases; `errors` names each place",
    500: "The model failed in a way that a retry does not mend",
    503: "The queue is full, the model is being restarted, or the service is closing; see Retry-After",
    504: "The deadline has passed, waiting included",
}


def _summary_forms() -> dict[int | str, dict[str, Any]]:
    """What a summary comes in beside JSON, for the document."""
    return {200: {"content": {form.media_type: {"schema": {"type": "string"}} for form in FORMATS if form.media_type != JSON}}}


def summaries_router(product: Casebrief, desk: Desk, body_of: Callable[[Request], Awaitable[bytes]]) -> APIRouter:
    """The route; ``body_of`` reads a body within the server's limits."""
    router = APIRouter()

    @router.post(
        "/v1/summaries",
        response_model=SummaryResponse | CasesResponse,
        responses=_summary_forms() | documented(STATUSES, 400, 406, 408, 413, 415, 422, 500, 503, 504),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/SummaryRequest"}}, MULTIPART: {"schema": FORM_SCHEMA}},
            }
        },
        summary="Summarise several articles about one lawsuit",
    )
    async def summarize(request: Request) -> Response:
        form = accepted(request.headers.get("accept", "*/*"))
        if form is None:
            detail = f"a summary can be had as {', '.join(form.media_type for form in FORMATS)}"
            raise Problem(406, "not-acceptable", "The answer cannot be had in that form", detail)
        media_type(request.headers)  # refused before its body is read
        wanted = await read_request(await body_of(request), request.headers, product.settings)
        if wanted.cases == "all":
            if form.media_type != JSON:
                raise Problem(406, "not-acceptable", "The answer cannot be had in that form", f"several cases are told as {JSON}")
            cases = await summarized_all(product, desk, wanted, request.is_disconnected)
            return Response(cases.model_dump_json(by_alias=True), media_type=JSON, headers={"Vary": "Accept"})
        told = await summarized(product, desk, wanted, request.is_disconnected)
        request.state.summary = told.response.id
        content = told.response.model_dump_json(by_alias=True) if form.media_type == JSON else await run_in_threadpool(form.write, told)
        return Response(content, media_type=form.content_type, headers={"Vary": "Accept"})

    return router
