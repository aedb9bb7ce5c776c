"""`casebrief mcp`: the tools for assistants, where the SDK of their protocol is installed."""

from __future__ import annotations

from typing import Annotated

import typer
from casebrief.service.edges.cli import BAD_INPUT, Model, fail, say, settings_of
from casebrief.service.edges.wiring import wire


def mcp_command(
    model: Model = None,
    reader: Annotated[str | None, typer.Option(help="labels, prompts or labels+prompts; auto: as the model reads.")] = None,
) -> None:
    """Serve an assistant over MCP, on standard input and output: it is the assistant that starts this."""
    try:
        from casebrief.service.edges.mcp_server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        fail("the SDK of the Model Context Protocol is not installed: pip install 'casebrief[mcp]'", BAD_INPUT)
    serve(wire(settings_of(model=model, reader=reader), say))
