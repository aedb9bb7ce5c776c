"""The gate before the HTTP API: who may come in, told before anything of a request is read.

A browser sends any page's requests to a server on its own machine, and by a name that is pointed there (DNS rebinding) lets the page read
the answers. A server without keys therefore knows its own names, and no page but its own; one with keys asks for a key, which no
page has.
"""

from __future__ import annotations

import re

from casebrief.service.edges.keys import Keys
from casebrief.service.edges.problems import MEDIA_TYPE, Problem
from casebrief.service.edges.settings import Settings
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

GUARDED = "/v1/"
"""All that reads articles, or tells of this machine's models, lies under it: with keys, it asks for one."""

_READING = ("GET", "HEAD", "OPTIONS")
"""Methods that change and start nothing; no page of another origin can read the answers."""

_PORT = re.compile(r":\d*$")


class Gate:
    """Lets a request through, with ``state["known"]`` telling whether it may hear of this machine, or answers with a problem."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = {*LOOPBACK, f"[{settings.host}]" if ":" in settings.host else settings.host.lower()}
        self._keys = Keys(settings.api_keys_file) if settings.api_keys_file else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            known = self._known(scope) if self._keys else self._own(scope)
        except Problem as refused:
            await JSONResponse(refused.body(), refused.status, refused.headers, media_type=MEDIA_TYPE)(scope, receive, send)
            return
        scope.setdefault("state", {})["known"] = known
        await self._app(scope, receive, send)

    def _own(self, scope: Scope) -> bool:
        """True, for a request to this server by its own name, and from no other page. Raises `Problem` 421 or 403."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if _PORT.sub("", host) not in self._names:
            detail = f"{host!r} is no name of this server: without keys it answers as {', '.join(sorted(self._names))}"
            raise Problem(421, "misdirected", "The request is for another server", detail)
        origin = headers.get("origin")
        # A page that tells no referrer has the origin "null"; what the browser itself says of the page (Fetch Metadata) no script can write.
        own = origin is None or origin.lower().partition("://")[2] == host or headers.get("sec-fetch-site") == "same-origin"
        if scope["method"] not in _READING and not own:
            raise Problem(403, "cross-site", "The request comes from another site's page", f"pages of {origin!r} may not use this server")
        return True

    def _known(self, scope: Scope) -> bool:
        """Whether a key is shown that is known. Raises `Problem` 401 where one is asked for and is not."""
        scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and self._keys is not None and self._keys.know(key.strip())
        if not known and scope["path"].startswith(GUARDED):
            detail = 'send "Authorization: Bearer" and a key; casebrief keys add NAME makes one'
            raise Problem(401, "no-key", "A key is asked for", detail, headers={"WWW-Authenticate": 'Bearer realm="casebrief"'})
        return known
