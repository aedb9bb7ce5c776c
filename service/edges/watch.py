"""Around the whole application: every request has an id, which its answer carries, and how it went is told when it ends."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from casebrief.service.edges.problems import MEDIA_TYPE, TYPE
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"
INSTANCE = "urn:casebrief:request:"
"""What a problem document's ``instance`` begins with; the id follows."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NAMED = ("summary", "job")
"""What a request may have made, by its id in the request's state: told in the log."""

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_log = logging.getLogger("casebrief")


@dataclass(frozen=True)
class Ended:
    """How a request went. Nothing of it is in a client's words but ``request``, where the client gave an id.

    ``route`` is the template that its path fits, empty for none; ``reason`` is the kind of its problem, empty for none; ``ids`` are
    those of what it made.
    """

    request: str
    method: str
    route: str
    status: int
    seconds: float
    reason: str = ""
    ids: dict[str, str] = field(default_factory=dict)


class Watch:
    """The outermost layer. An error that nobody foresaw was answered by the layer below, and is logged here, without its values."""

    def __init__(self, app: ASGIApp, ended: Callable[[Ended], None]) -> None:
        self._app, self._ended = app, ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, state = time.monotonic(), scope.setdefault("state", {})
        answer = _Answer(request_id(Headers(scope=scope).get(HEADER)), send)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:  # noqa: BLE001 - the client has its answer from the layer below; raised further, the server would log its values
            _log.exception("an error that was not foreseen", extra={"told": {"request": answer.request}})
        finally:
            self._ended(
                Ended(
                    request=answer.request,
                    method=scope["method"] if scope["method"] in METHODS else "other",
                    route=str(getattr(scope.get("route"), "path", "")),
                    status=answer.status,
                    seconds=time.monotonic() - began,
                    reason=answer.reason or str(state.get("problem", "")),
                    ids={name: str(state[name]) for name in NAMED if name in state},
                )
            )


class _Answer:
    """An answer on its way: the id goes with it, in a header and in a problem document."""

    def __init__(self, request: str, send: Send) -> None:
        self.request, self.status, self.reason = request, 499, ""
        self._send = send
        self._held: Message = {}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers[HEADER] = self.request
            if headers.get("content-type") == MEDIA_TYPE:
                self._held = message
                return
        elif self._held:
            start, self._held = self._held, {}
            message = {**message, "body": self._named(message["body"])}
            MutableHeaders(raw=start["headers"])["content-length"] = str(len(message["body"]))
            await self._send(start)
        await self._send(message)

    def _named(self, body: bytes) -> bytes:
        """A problem document with its instance; its kind is remembered."""
        document: dict[str, Any] = json.loads(body)
        self.reason = str(document["type"]).removeprefix(TYPE)
        return json.dumps({**document, "instance": INSTANCE + self.request}, ensure_ascii=False).encode()


def request_id(given: str | None) -> str:
    """The id that a client gave, where it is one that no log is broken by; else a new one.

    >>> request_id("trace-1")
    'trace-1'
    >>> len(request_id("two words"))
    32
    """
    return given if given and _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
