"""Where a browser's user enters a key, for the pages of a server with keys, and takes it back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from casebrief.service.edges.gate import ASKS, session_of
from casebrief.service.edges.page_answers import html, parsed
from casebrief.service.edges.sessions import COOKIE, Sessions
from casebrief.service.page import render
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

FIELDS = ("key", "to")
_OWN = re.compile(r"/(?:cases/[A-Za-z0-9._/-]*)?")
"""Addresses that signing in leads to: pages of this server."""


def sign_in_router(sessions: Sessions, body_of: Callable[[Request], Awaitable[bytes]]) -> APIRouter:
    """The routes of a server with keys. They ask for no key, and tell nothing but whether one was right."""
    router = APIRouter(include_in_schema=False)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await parsed(await body_of(request), request.headers, files=0, fields=len(FIELDS))
        key, to = (str(form.get(field) or "") for field in FIELDS)
        to = to if _OWN.fullmatch(to) else "/"
        token = sessions.begin(key.strip())
        if token is None:
            request.state.problem = "no-key"
            return html(render.sign_in(to, "This key is not known."), 401, ASKS)
        answer = RedirectResponse(to, 303)
        # Strict: no link or form of another site brings it along. Over TLS it never travels without; without TLS it would not be kept if it said so.
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        sessions.end(session_of(request.headers))
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return answer

    return router
