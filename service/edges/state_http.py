"""How the service stands, over HTTP: `/healthz`, `/readyz`, `/v1/models`, `/v1/schema`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from casebrief import __version__
from casebrief.models.errors import CatalogError
from casebrief.service.domain.schema import json_schema
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.wiring import Casebrief
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Health(BaseModel):
    status: Literal["ok"]
    version: str


class Readiness(BaseModel):
    """``engine`` is what the engine says of itself: state, process, restarts, last error, notes; ``notes`` tell what else works in a lesser way. Where a key is asked for, the status alone stands without one."""

    status: Literal["ready", "starting", "down", "closed"]
    model: str | None = None
    waiting: int | None = None
    notes: list[str] | None = None
    engine: dict[str, Any] | None = None


class ModelLine(BaseModel):
    name: str
    title: str
    license: str
    bytes: int
    context_tokens: int
    source: str
    present: bool
    active: bool


def state_router(product: Casebrief, desk: Desk, notes: Callable[[], list[str]]) -> APIRouter:
    """The routes; ``notes`` tell what works in a lesser way."""
    router = APIRouter()

    @router.get("/healthz", response_model=Health, summary="Whether the process lives")
    async def healthz() -> Health:
        return Health(status="ok", version=__version__)

    @router.get(
        "/readyz",
        response_model=Readiness,
        response_model_exclude_unset=True,
        responses={503: {"model": Readiness, "description": "The engine is not ready"}},
        summary="Whether a request would be worked on, and what the engine says of itself",
    )
    async def readyz(request: Request, response: Response) -> Readiness:
        state = product.engine_state()
        if state["state"] != "ready":
            response.status_code = 503
        if not request.state.known:
            return Readiness(status=state["state"])
        return Readiness(status=state["state"], model=product.model, waiting=desk.waiting, notes=notes(), engine=state)

    @router.get("/v1/models", response_model=list[ModelLine], summary="The catalogue, and which of it is on this machine")
    def models() -> list[ModelLine]:
        return [_model_line(product, name) for name in product.catalog.entries]

    @router.get("/v1/schema", response_model=dict[str, Any], summary="The JSON Schema of a summary")
    async def schema() -> JSONResponse:
        return JSONResponse(json_schema())

    return router


def _model_line(product: Casebrief, name: str) -> ModelLine:
    entry = product.catalog.entries[name]
    try:
        product.catalog.path(name)
        present = True
    except CatalogError:
        present = False
    return ModelLine(
        name=name,
        title=entry.title,
        license=entry.license,
        bytes=entry.bytes,
        context_tokens=entry.context_tokens,
        source=entry.source,
        present=present,
        active=name == product.model,
    )
