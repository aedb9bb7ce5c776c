"""``PATCH /v1/cases/{id}/facts``: corrections of one case, all of them or none."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from casebrief.service.cases.errors import CaseError
from casebrief.service.cases.store import CaseStore
from casebrief.service.corrections.asking import Wanted
from casebrief.service.corrections.model import LONGEST_NAME, CorrectionFault
from casebrief.service.domain.schema import Frozen, SummaryResponse
from casebrief.service.edges.case_problems import number_of, of_case, tag_of
from casebrief.service.edges.corrected import CaseNow, correct
from casebrief.service.edges.forms import JSON, media_type
from casebrief.service.edges.problems import Problem, documented
from casebrief.service.edges.requests import decode_json
from fastapi import APIRouter, Request, Response
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool

MOST = 100
_STATUSES = {
    400: "The body is not JSON",
    404: "There is no such case",
    408: "The body did not come in time",
    409: "Nothing was added to the case yet",
    412: "The case was changed meanwhile",
    413: "The body is too long",
    415: "The content type is not JSON",
    422: "A correction does not fit, and none was made",
    500: "The case files are out of reach",
}


class CorrectionsIn(Frozen):
    """Who corrects, and what."""

    by: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    corrections: Annotated[list[Wanted], Field(min_length=1, max_length=MOST)]


def corrections_router(store: CaseStore, body_of: Callable[[Request], Awaitable[bytes]]) -> APIRouter:
    """The route; ``body_of`` reads a body within the server's limits."""
    router = APIRouter()

    @router.patch(
        "/v1/cases/{name}/facts",
        response_model=SummaryResponse,
        responses=documented(_STATUSES),
        openapi_extra={"requestBody": {"required": True, "content": {JSON: {"schema": {"$ref": "#/components/schemas/CorrectionsIn"}}}}},
        summary="Accept, change, delete or add facts of a case, each with the words that it rests on",
    )
    async def patch(name: str, request: Request) -> Response:
        if media_type(request.headers) != JSON:
            raise Problem(415, "unsupported-media-type", "The content type is not read", f"corrections are sent as {JSON}")
        wanted = _wanted(await body_of(request))
        at_number = number_of(request.headers.get("if-match"))
        now = await run_in_threadpool(corrected_or_problem, lambda: correct(store, name, wanted.corrections, wanted.by, at_number))
        return Response(now.response.model_dump_json(by_alias=True), media_type=JSON, headers={"ETag": tag_of(now.number)})

    return router


def corrected_or_problem(work: Callable[[], CaseNow]) -> CaseNow:
    """What comes of some work on a case. Raises `Problem` for what does not fit, and for what case files refuse."""
    try:
        return work()
    except CorrectionFault as fault:
        raise Problem(422, "invalid-correction", "The correction does not fit", str(fault)) from None
    except CaseError as error:
        raise of_case(error) from None


def _wanted(body: bytes) -> CorrectionsIn:
    document: Any = decode_json(body)
    try:
        json.dumps(document, ensure_ascii=False).encode()
        return CorrectionsIn.model_validate(document, strict=True)
    except UnicodeEncodeError:
        raise Problem(422, "invalid-request", "The request does not fit", "a text holds half of a surrogate pair: send valid Unicode") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Problem(422, "invalid-request", "The request does not fit", f"/{'/'.join(map(str, first['loc']))}: {first['msg']}") from None
