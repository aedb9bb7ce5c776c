"""`casebrief serve`: the HTTP API."""

from __future__ import annotations

import socket
from typing import Annotated

import typer
from casebrief.service.edges.cli import BAD_INPUT, Model, fail, say, settings_of
from casebrief.service.edges.keys import refuse_open_door
from casebrief.service.edges.wiring import wire


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; loopback unless set.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    model: Model = None,
    reader: Annotated[str | None, typer.Option(help="labels, prompts or labels+prompts; auto: as the model reads.")] = None,
) -> None:
    """Serve the HTTP API."""
    settings = settings_of(host=host, port=port, model=model, reader=reader)
    refuse_open_door(settings.host, settings.api_keys_file)
    _refuse_taken(settings.host, settings.port)
    product = wire(settings, say)
    product.start_in_background()
    from casebrief.service.edges.server import serve as run  # the web framework takes half a second to import: the model starts meanwhile

    run(product)


def _refuse_taken(host: str, port: int) -> None:
    """End the command where the port is not to be had, before a model is started for it."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]  # Python adds the address once more
        fail(f"{host}, port {port}: {why}; free it, or give another --port", BAD_INPUT)
