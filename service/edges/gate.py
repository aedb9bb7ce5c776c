"""The gate before the HTTP API: who may come in, told before anything of a request is read.

A browser sends any page's requests to a server on its own machine, and by a name that is pointed there (DNS rebinding) lets the page read
the answers. A server without keys therefore knows its own names, and no page but its own; one with keys asks for a key, which no
page of another site has. Its own pages may show a session in the key's place, which a browser sends by itself: so it counts for them alone,
and what changes anything must come from them.
"""

from __future__ import annotations

import re

from casebrief.service.edges.page_answers import html
from casebrief.service.edges.problems import MEDIA_TYPE, Problem
from casebrief.service.edges.sessions import COOKIE, Sessions
from casebrief.service.edges.settings import Settings
from casebrief.service.page import render
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

GUARDED = "/v1/"
"""All that reads articles, or tells of this machine's models, lies under it: with keys, it asks for one."""

PAGES = "/cases/"
"""Pages of kept cases: with keys, they and the first page ask for one to be entered."""

SENT_BY_PAGES = "/v1/page"
"""What the pages' own forms and script send, and all under /v1 that a session opens."""

ASKS = {"WWW-Authenticate": 'Bearer realm="casebrief"'}
"""Goes with every 401."""

_READING = ("GET", "HEAD", "OPTIONS")
"""Methods that change and start nothing; no page of another origin can read the answers."""

_PORT = re.compile(r":\d*$")


class Gate:
    """Lets a request through, with ``state["known"]`` telling whether it may hear of this machine, or answers that it does not."""

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions | None) -> None:
        """``sessions`` are those of a server with keys."""
        self._app = app
        self._names = {*LOOPBACK, f"[{settings.host}]" if ":" in settings.host else settings.host.lower()}
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        try:
            state["known"] = self._known(scope, self._sessions) if self._sessions else self._own(scope)
        except Problem as refused:
            state["problem"] = refused.kind
            await _refusal(refused, scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _own(self, scope: Scope) -> bool:
        """True, for a request to this server by its own name, and from no other page. Raises `Problem` 421 or 403."""
        host = Headers(scope=scope).get("host", "").lower()
        if _PORT.sub("", host) not in self._names:
            detail = f"{host!r} is no name of this server: without keys it answers as {', '.join(sorted(self._names))}"
            raise Problem(421, "misdirected", "The request is for another server", detail)
        _refuse_other_pages(scope)
        return True

    def _known(self, scope: Scope, sessions: Sessions) -> bool:
        """Whether a key is shown that is known, or by a page its session. Raises `Problem` 401 where one is asked for and is not, 403 for other pages."""
        headers, path = Headers(scope=scope), scope["path"]
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and sessions.keys.know(key.strip()):
            return True
        if _is_pages(path):
            _refuse_other_pages(scope)
            if sessions.know(session_of(headers)):
                return True
        if path.startswith((GUARDED, PAGES)) or path == "/":
            raise Problem(401, "no-key", "A key is asked for", 'send "Authorization: Bearer" and a key; casebrief keys add NAME makes one', headers=ASKS)
        return False


def session_of(headers: Headers) -> str:
    """The token of the session that a browser shows; empty for none."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")


def _is_pages(path: str) -> bool:
    return not path.startswith(GUARDED) or path == SENT_BY_PAGES or path.startswith(f"{SENT_BY_PAGES}/")


def _refuse_other_pages(scope: Scope) -> None:
    """Raises `Problem` 403 for what another site's page wants changed or started."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    # A page that tells no referrer has the origin "null"; what the browser itself says of the page (Fetch Metadata) no script can write.
    named = origin is None or origin.lower().partition("://")[2] == headers.get("host", "").lower()
    if scope["method"] not in _READING and not named and headers.get("sec-fetch-site") != "same-origin":
        raise Problem(403, "cross-site", "The request comes from another site's page", f"pages of {origin!r} may not use this server")


def _refusal(refused: Problem, path: str) -> Response:
    """A problem document; to who opens a page without a key, the page that asks for it."""
    if refused.status == 401 and not path.startswith(GUARDED):
        return html(render.sign_in(path), 401, refused.headers)
    return JSONResponse(refused.body(), refused.status, refused.headers, media_type=MEDIA_TYPE)
