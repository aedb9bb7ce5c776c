"""Running the HTTP API: uvicorn, with an orderly end at SIGTERM."""

from __future__ import annotations

from types import FrameType

import uvicorn
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.http import create_app
from casebrief.service.edges.wiring import Casebrief

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


def serve(product: Casebrief) -> None:
    """Serve until SIGTERM or SIGINT; running work gets ``shutdown_s`` seconds more."""
    settings = product.settings
    app = create_app(product)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="info",
        timeout_graceful_shutdown=int(settings.shutdown_s) + GRACE_S,
        server_header=False,
    )
    _Server(config, app.state.desk).run()
