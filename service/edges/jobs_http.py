"""Jobs over HTTP: sent, looked at, listened to and taken back; what they do is done by the clerk."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, TypeVar

from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.edges.clerk import Clerk
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.forms import FORM_SCHEMA, JSON, MULTIPART, media_type, read_request
from casebrief.service.edges.problems import Problem, ProblemDetails, documented
from casebrief.service.edges.requests import SummaryRequest, one_case
from casebrief.service.edges.settings import Settings
from casebrief.service.jobs.errors import JobError, KeyTaken, TooManyJobs
from casebrief.service.jobs.job import ENDED, Event, Job, New, State
from casebrief.service.jobs.webhook import checked
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

T = TypeVar("T")

LOOK_S = 0.2
"""How often a stream looks for events, in seconds: another process may work on the job."""

HEARTBEAT_S = 15.0
"""Seconds of silence after which a stream says that it is still there."""

AGAIN_MS = 2000
"""After how many milliseconds a client that lost its stream shall come again."""

KEY, WEBHOOK, LAST = "Idempotency-Key", "Webhook-URL", "Last-Event-ID"
_KEY = re.compile(r"[\x20-\x7e]{1,255}")

DateTime = Annotated[datetime.datetime, Field(description="In UTC (RFC 3339)")]


class JobDocument(BaseModel):
    """A job as it stands; what does not apply is left out.

    ``place``: in the queue, 1 for the next. ``article``: the one that is read, of so many ``articles``. ``seconds_left``: about, at the pace of this machine.
    ``result`` stands there when it is done, ``problem`` when it failed.
    """

    id: str
    state: State
    made_at: DateTime
    deadline_at: DateTime | None = None
    started_at: DateTime | None = None
    ended_at: DateTime | None = None
    expires_at: DateTime | None = None
    place: int | None = None
    article: int | None = None
    articles: int
    seconds_left: float | None = None
    result: SummaryResponse | None = None
    problem: ProblemDetails | None = None


def jobs_router(clerk: Clerk, desk: Desk, settings: Settings, body_of: Callable[[Request], Awaitable[bytes]]) -> APIRouter:
    """The routes of jobs, all under /v1, where keys are asked for."""
    router = APIRouter()
    hosts = frozenset(host.strip().lower() for host in settings.webhook_hosts.split(",") if host.strip())

    @router.post("/v1/jobs", status_code=202, response_model=JobDocument, responses=documented(_WHY, 400, 408, 413, 415, 422, 503), openapi_extra=_POST)
    async def send(request: Request) -> Response:
        """Have articles read while nobody waits: the same body as for a summary."""
        media_type(request.headers)  # refused before its body is read
        new = _new(one_case(await read_request(await body_of(request), request.headers, settings)), request.headers, settings, hosts)
        job = await _asked(clerk, clerk.store.add, new, settings.jobs_queue)
        clerk.wake()
        request.state.job = job.id
        return _told(await _document(clerk, job), 202, {"Location": f"/v1/jobs/{job.id}"})

    @router.get("/v1/jobs/{job}", response_model=JobDocument, responses=documented(_WHY, 404, 503))
    async def look(job: str) -> Response:
        """A job as it stands, with its result when it is done."""
        found = await _found(clerk, job)
        document = await _document(clerk, found)
        return _told(document, ended=await _asked(clerk, clerk.store.document, job), state=found.state)

    @router.get("/v1/jobs/{job}/events", response_class=StreamingResponse, responses=documented(_WHY, 404, 503) | _EVENTS)
    async def listen(request: Request, job: str) -> Response:
        """What happens to a job, as it happens (server-sent events); what happened behind `Last-Event-ID` is told first."""
        found, after = await _found(clerk, job), _last(request.headers)
        if found.ended and not await _asked(clerk, clerk.store.events, job, after):
            return Response(status_code=204)  # tells an EventSource not to come again
        return StreamingResponse(_stream(clerk, desk, found, after), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    @router.delete("/v1/jobs/{job}", response_model=JobDocument, responses=documented(_WHY, 404, 503) | {204: {"description": "It had ended, and is deleted"}})
    async def take_back(job: str) -> Response:
        """Cancel a job; delete it, with its result, where it has ended."""
        stood: Job | None = await _asked(clerk, clerk.cancel, job)
        if stood is None:
            raise _none(job)
        if stood.ended:
            return Response(status_code=204)
        if stood.webhook:
            await clerk.tell_ends()
        return _told(await _document(clerk, await _found(clerk, job)))

    return router


# ---------------------------------------------------------------------- for the document

_POST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/SummaryRequest"}}, MULTIPART: {"schema": FORM_SCHEMA}},
    },
    "parameters": [
        {
            "name": KEY,
            "in": "header",
            "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
            "description": "Your name for this job: the same request under the same key is the same job, another one under it is refused",
        },
        {
            "name": WEBHOOK,
            "in": "header",
            "schema": {"type": "string", "format": "uri"},
            "description": "Told of the job's end by a signed request: on this machine, or a host of CASEBRIEF_WEBHOOK_HOSTS",
        },
    ],
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "A stream that ends with the job"},
    204: {"description": "The job has ended, and all of its events were told"},
}
_WHY = {
    400: "The body is not JSON, or no form",
    404: "There is no such job: its time may be over",
    408: "The body did not come in time",
    413: "More articles, characters or bytes than the limits allow",
    415: "The content type is neither JSON nor a form, or the body is compressed",
    422: "Something in the request does not fit, or its key was used for another",
    503: "Too many jobs wait, or jobs cannot be kept on this machine",
}


# ---------------------------------------------------------------------- what was sent


def _new(wanted: SummaryRequest, headers: Headers, settings: Settings, hosts: frozenset[str]) -> New:
    """The job that a request wants. Raises `Problem` 422."""
    request = wanted.model_dump_json(exclude_none=True).encode()
    webhook, key = headers.get(WEBHOOK), headers.get(KEY)
    if key is not None and not _KEY.fullmatch(key):
        raise _unfit(f"{KEY} must be 1 to 255 printable characters of ASCII")
    if webhook is not None and not settings.webhook_secret:
        raise _unfit(f"{WEBHOOK}: nobody is told of a job's end while CASEBRIEF_WEBHOOK_SECRET is not set")
    try:
        webhook = "" if webhook is None else checked(webhook, hosts)
    except ValueError as error:
        raise _unfit(f"{WEBHOOK}: {error}") from None
    return New(
        request=request,
        sum=hashlib.sha256(request + b"\0" + webhook.encode()).hexdigest(),
        articles=len(wanted.articles),
        characters=sum(len(article.text or "") for article in wanted.articles),
        deadline_s=wanted.deadline_s,
        key=key or "",
        webhook=webhook,
    )


def _unfit(detail: str) -> Problem:
    return Problem(422, "invalid-request", "The request does not fit", detail)


def _last(headers: Headers) -> int:
    """The number of the last event that a client has; 0 for none, or for what is no number of ours."""
    given = headers.get(LAST, "")
    return int(given) if re.fullmatch(r"\d{1,9}", given, re.ASCII) else 0


async def _asked(clerk: Clerk, ask: Callable[..., T], *about: object) -> T:
    """What the file says, asked in a thread. Raises `Problem` for what it refuses."""
    try:
        return await run_in_threadpool(ask, *about)
    except KeyTaken as error:
        raise Problem(422, "key-taken", "The key was used for another request", f"{error}: send each request under a key of its own") from None
    except TooManyJobs as error:
        raise Problem(503, "queue-full", "The queue is full", str(error), retry_after=clerk.jobs_take_s(error.waiting)) from None
    except JobError as error:
        raise Problem(503, "no-jobs", "Jobs cannot be kept", f"{error}; summaries are made all the same") from None


async def _found(clerk: Clerk, name: str) -> Job:
    job = await _asked(clerk, clerk.store.job, name)
    if job is None:
        raise _none(name)
    return job


def _none(name: str) -> Problem:
    return Problem(404, "no-such-job", "There is no such job", f"there is no job {name!r}: it was deleted, or its time is over")


# ---------------------------------------------------------------------- what is told


async def _document(clerk: Clerk, job: Job) -> JobDocument:
    events = [] if job.ended else await _asked(clerk, clerk.store.events, job.id)
    last = events[-1] if events else None
    document = JobDocument(
        id=job.id,
        state=job.state,
        made_at=_moment(job.made_at),
        deadline_at=_moment(job.deadline_at),
        started_at=_moment(job.started_at),
        ended_at=_moment(job.ended_at),
        expires_at=_moment(job.expires_at),
        articles=job.articles,
        article=last.article if last else None,
        seconds_left=_left(last) if last else None,
    )
    if job.state != "queued":
        return document
    place = 1 + await _asked(clerk, clerk.store.before, job.id)
    return document.model_copy(update={"article": None, "place": place, "seconds_left": clerk.waits_s(job, place)})


def _left(event: Event) -> float | None:
    """What is left now of the seconds that were left then."""
    return None if event.seconds_left is None else round(max(0.0, event.seconds_left - (time.time() - event.at)), 1)


def _moment(at: float | None) -> Any:
    return None if at is None else datetime.datetime.fromtimestamp(at, datetime.UTC)


def _told(document: JobDocument, status: int = 200, headers: dict[str, str] | None = None, *, ended: bytes = b"", state: State = "queued") -> Response:
    """The document; ``ended``, the job's result or problem, is put into it as it was kept."""
    content = document.model_dump_json(exclude_none=True, by_alias=True).encode()
    if ended:
        name = b'"result":' if state == "done" else b'"problem":'
        content = content[:-1] + b"," + name + ended + b"}"
    return Response(content, status, headers={"Cache-Control": "no-store", **(headers or {})}, media_type=JSON)


async def _stream(clerk: Clerk, desk: Desk, job: Job, after: int) -> AsyncIterator[bytes]:
    """Events behind ``after``, until the job ends or the service does; a client that comes again goes on where it was."""
    yield format_sse_event(retry=AGAIN_MS)
    spoke = time.monotonic()
    while desk.open:
        events = await _asked(clerk, clerk.store.events, job.id, after)
        for event in events:
            yield format_sse_event(event=event.kind, data_str=_data(job, event), id=str(event.number))
            after, spoke = event.number, time.monotonic()
        if events and events[-1].kind in ENDED:
            return
        if time.monotonic() - spoke >= HEARTBEAT_S:
            if await _asked(clerk, clerk.store.job, job.id) is None:
                return
            yield format_sse_event(comment="still here")
            spoke = time.monotonic()
        await asyncio.sleep(LOOK_S)


def _data(job: Job, event: Event) -> str:
    told = {"job": job.id, "at": _moment(event.at).isoformat(timespec="milliseconds")}
    if event.article is not None:
        told |= {"article": event.article, "articles": job.articles, "seconds_left": event.seconds_left}
    return json.dumps(told)
