"""The whole command line: the service's own commands, `casebrief eval` and `casebrief bench`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from casebrief.service.edges.cli import run_app
from casebrief.service.edges.commands import Later
from typer.core import TyperGroup

_EDGES = "casebrief.service.edges"

COMMANDS = (
    Later("summarize", f"{_EDGES}.summarize_cli:summarize", "Summarise articles about one lawsuit."),
    Later("serve", f"{_EDGES}.serve_cli:serve", "Serve the HTTP API."),
    Later("doctor", f"{_EDGES}.doctor_cli:doctor", "Look whether everything works: prompts, weights, engine."),
    Later("version", f"{_EDGES}.cli:version", "Print the version."),
    Later(
        "batch",
        f"{_EDGES}.batch_cli:batch_command",
        "Summarise many cases, a line each, in their order. Killed, the same command goes on where it was.",
    ),
    Later(
        "verify",
        f"{_EDGES}.verify_cli:verify_command",
        "Prove without a model that each citation slices back, each value follows from its quote, and each hash fits; exit code 1 where one does not.",
    ),
    Later(
        "watch",
        f"{_EDGES}.watching:watch_command",
        "Add what appears to a case file, once it is whole; a line a file on what it changed. Ctrl-C ends it.",
    ),
    Later("correct", f"{_EDGES}.corrections_cli:correct_command", "Correct one fact of a case file, with the words of an article that it rests on."),
    Later("mcp", f"{_EDGES}.mcp_cli:mcp_command", "Serve an assistant over MCP, on standard input and output: it is the assistant that starts this."),
    Later("bench", "casebrief.evals.bench_cli:bench", "Measure speed on this machine: the product, the build's floor, long articles, and what others do."),
    Later("eval", "casebrief.evals.eval_cli:eval_app", "Judge the summaries against labelled and marked cases."),
    Later("case", f"{_EDGES}.case_cli:case_app", "Case files: lawsuits followed over weeks; an article that is added is read alone."),
    Later("models", f"{_EDGES}.models_cli:models_app", "Models: which there are, and which are here."),
    Later("cache", f"{_EDGES}.cache_cli:cache_app", "Answers that are kept on this machine."),
    Later("keys", f"{_EDGES}.keys_cli:keys_app", "Keys that clients of the HTTP API must show (CASEBRIEF_API_KEYS_FILE)."),
)
"""Each is imported when it is run; its line is the one that its own help begins with."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script. ``arguments``: those of the process without."""
    told = "Case summaries from press articles, every fact with the words it came from."
    run_app(TyperGroup(name="casebrief", commands=COMMANDS, no_args_is_help=True, help=told), arguments)


if __name__ == "__main__":
    main()
