"""Running the HTTP API: uvicorn, with an orderly end at SIGTERM, and without patience for clients that keep a connection and send nothing."""

from __future__ import annotations

import asyncio
from types import FrameType

import uvicorn
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.http import create_app
from casebrief.service.edges.logs import log_config
from casebrief.service.edges.wiring import Casebrief
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

GRACE_S = 5
"""Seconds beyond a running request's limit, for its refusal to be sent."""


class _Server(uvicorn.Server):
    """Stops admission at the signal, not only when the last running request is done."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._desk.close()
        super().handle_exit(sig, frame)


def _protocol(receive_s: float) -> type[H11Protocol]:
    """HTTP/1.1 that closes a connection when a request's head, or what is left of a body after its answer, does not come within ``receive_s``."""

    class Protocol(H11Protocol):
        _due: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._expect_after(None)

        def on_response_complete(self) -> None:
            last = self.cycle
            super().on_response_complete()
            self._expect_after(last)

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def _expect_after(self, last: RequestResponseCycle | None) -> None:
            self._forget()
            self._due = self.loop.call_later(receive_s, self._cut, last)

        def _forget(self) -> None:
            if self._due:
                self._due.cancel()

        def _cut(self, last: RequestResponseCycle | None) -> None:
            if self.cycle is last:
                self.transport.close()

    return Protocol


def serve(product: Casebrief) -> None:
    """Serve until SIGTERM or SIGINT; running work gets ``shutdown_s`` seconds more."""
    settings = product.settings
    app = create_app(product)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=_protocol(settings.receive_s),
        log_config=log_config(settings.log),
        access_log=False,
        timeout_graceful_shutdown=int(settings.shutdown_s) + GRACE_S,
        server_header=False,
    )
    _Server(config, app.state.desk).run()
