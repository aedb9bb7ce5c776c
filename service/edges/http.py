"""The HTTP API: FastAPI on the pipeline. Errors are problem documents; nothing here reads articles itself."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from casebrief import __version__
from casebrief.models.errors import ModelError
from casebrief.service.edges.case_http import cases_router
from casebrief.service.edges.case_pages import case_router
from casebrief.service.edges.clerk import Clerk
from casebrief.service.edges.corrections_http import CorrectionsIn, corrections_router
from casebrief.service.edges.desk import ClientGone, Desk
from casebrief.service.edges.gate import Gate
from casebrief.service.edges.jobs_http import jobs_router
from casebrief.service.edges.logs import log_request
from casebrief.service.edges.metrics import Metrics, metrics_router
from casebrief.service.edges.pages import page_router
from casebrief.service.edges.problems import MEDIA_TYPE, Problem, ProblemDetails, documented, of_engine, unforeseen
from casebrief.service.edges.requests import SummaryRequest, most_bytes
from casebrief.service.edges.sessions import Sessions
from casebrief.service.edges.sign_in import sign_in_router
from casebrief.service.edges.speed import of_trial
from casebrief.service.edges.state_http import state_router
from casebrief.service.edges.stores import case_store_of
from casebrief.service.edges.summaries_http import STATUSES, summaries_router
from casebrief.service.edges.watch import Ended, Watch
from casebrief.service.edges.wiring import Casebrief
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

SIGN_IN_BYTES = 1 << 14
"""The most bytes of a form with a key: it is read of anybody."""

CLIENT_CLOSED_REQUEST = 499
"""What logs say of a client that went away (nginx's code); nobody receives it."""


def create_app(product: Casebrief) -> FastAPI:
    """The application over a wired product, whose engine has been told to start; it ends with the application."""
    desk = Desk(product.settings.concurrency, product.settings.queue, product.settings.shutdown_s, of_trial(product))
    metrics = Metrics(product, desk)
    product = replace(product, summarizer=replace(product.summarizer, made=metrics.made))
    clerk = Clerk(product, desk, metrics.job_ended)
    metrics.watch_jobs(clerk.store)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=product.warm_up, daemon=True, name="casebrief-warm-up").start()
        clerk.start()
        yield
        desk.close()
        await clerk.stop()
        product.close()

    app = FastAPI(
        title="casebrief",
        version=__version__,
        summary="Case summaries from press articles, every fact with the words it came from",
        lifespan=lifespan,
        # The interactive pages load scripts from another host; text and attention stay in the house.
        docs_url=None,
        redoc_url=None,
        responses=documented(STATUSES, 401, 403, 421),
    )
    app.state.desk = desk
    sessions = Sessions(product.settings.api_keys_file) if product.settings.api_keys_file else None
    app.add_middleware(Gate, settings=product.settings, sessions=sessions)
    _handle_errors(app)
    _describe(app)
    _watch(app, metrics)

    async def body_of(request: Request) -> bytes:
        return await _body(request, most_bytes(product.settings), product.settings.receive_s)

    app.include_router(summaries_router(product, desk, body_of))
    app.include_router(page_router(product, desk, body_of))
    app.include_router(cases_router(product, desk, body_of))
    for router in (corrections_router, case_router):
        app.include_router(router(case_store_of(product.settings), body_of))
    if sessions:
        app.include_router(sign_in_router(sessions, lambda request: _body(request, SIGN_IN_BYTES, product.settings.receive_s)))
    app.include_router(metrics_router(metrics))
    app.include_router(jobs_router(clerk, desk, product.settings, body_of))
    app.include_router(state_router(product, desk, lambda: [*product.notes(), *clerk.notes()]))
    return app


async def _body(request: Request, most: int, within_s: float) -> bytes:
    """The body, refused as soon as more than ``most`` bytes of it have come, or when it has not all come in time."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within_s):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise Problem(413, "request-too-long", "The request is too long", f"the body has more than {most} bytes")
                parts.append(part)
    except ClientDisconnect:
        raise ClientGone from None
    except TimeoutError:
        detail = f"{size} bytes of the body came within {within_s:g} s, and not its end"
        raise Problem(408, "slow-body", "The body did not come in time", detail, headers={"Connection": "close"}) from None
    return b"".join(parts)


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> JSONResponse:
        return JSONResponse(error.body(), error.status, error.headers, media_type=MEDIA_TYPE)

    @app.exception_handler(ModelError)
    async def engine(request: Request, error: ModelError) -> JSONResponse:
        return await problem(request, of_engine(error))

    @app.exception_handler(ClientGone)
    async def gone(request: Request, error: ClientGone) -> Response:
        return Response(status_code=CLIENT_CLOSED_REQUEST)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        kind = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http")
        made = Problem(error.status_code, kind, str(error.detail), f"{request.method} {request.url.path}: {error.detail}")
        return JSONResponse(made.body(), made.status, error.headers, media_type=MEDIA_TYPE)

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> JSONResponse:
        made = unforeseen(error)
        return JSONResponse(made.body(), made.status, media_type=MEDIA_TYPE)


def _watch(app: FastAPI, metrics: Metrics) -> None:
    """Around all layers, the one that answers unforeseen errors too: middleware that is added comes below it."""
    layers = app.build_middleware_stack

    def ended(request: Ended) -> None:
        metrics.ended(request)
        log_request(request)

    app.build_middleware_stack = lambda: Watch(layers(), ended)  # type: ignore[method-assign]


def _describe(app: FastAPI) -> None:
    """Put the request's and the problem's schemas into the OpenAPI document: the request is parsed by hand."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = original()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for model in (SummaryRequest, CorrectionsIn, ProblemDetails):
                own = model.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas.update(own.pop("$defs", {}))
                schemas[model.__name__] = own
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
