"""The tools over MCP, by the SDK's own client over a real pipe, with the embedded model; the same words of refusal as over HTTP."""

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from casebrief.service import example
from casebrief.service.domain.schema import SummaryResponse, json_schema
from conftest import HANG_S, UNHURRIED, citations_of
from edges.test_cli import refused
from jsonschema import Draft202012Validator
from papers import story_pdf

mcp = pytest.importorskip("mcp", reason="the SDK of MCP is not installed (casebrief[mcp])")

ARTICLES = [
    {"id": one.id, "text": one.text, "publisher": one.publisher, **({"published_on": str(one.published_on)} if one.published_on else {})}
    for one in example.articles()
]
OTHER = "Owners took Marrow Phones Ltd to court in Leeds over batteries. " * 4
COMMAND = [sys.executable, "-m", "casebrief.evals.cli", "mcp"]


def session(folder: Path, work: Callable[[Any], Awaitable[None]], mode: str = "auto", **environment: str) -> None:
    """Do some work with a client of a server of its own, which ends with it."""
    settings = {**os.environ, **UNHURRIED, "CASEBRIEF_CASES_DIR": str(folder), **environment}
    server = mcp.StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=settings)

    async def run() -> None:
        async with asyncio.timeout(HANG_S), mcp.Client(server, mode=mode) as client:
            await work(client)

    asyncio.run(run())


def told(result: Any) -> dict[str, Any]:
    """The structured content of a call that went well, which its text repeats."""
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    return dict(result.structured_content)


def problem(result: Any) -> tuple[str, str]:
    """The kind of a refusal, whose words are its text, and these words."""
    assert result.is_error
    assert result.structured_content is None
    document = result.meta["problem"]
    text = str(result.content[0].text)
    assert text.startswith(f"{document['title']}: {document['detail']}")
    return document["type"].rpartition(":")[2], text


@pytest.mark.model
@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])  # today's protocol without a handshake, and the one of 2025
def test_a_summary_by_the_public_schema_its_progress_and_the_passage_around_each_citation(tmp_path: Path, mode: str):
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(done: float, of: float | None, what: str | None) -> None:
        heard.append((done, of, what))

    async def work(client: Any) -> None:
        (tool,) = (one for one in (await client.list_tools()).tools if one.name == "summarize_case")
        assert tool.output_schema == json_schema()
        early = await client.call_tool("show_source", {"article": "wire", "start": 0, "end": 5})
        assert problem(early)[0] == "no-summary"
        response = told(await client.call_tool("summarize_case", {"articles": ARTICLES}, progress_callback=hear))
        SummaryResponse.model_validate_json(json.dumps(response), strict=True)
        texts = {one["id"]: str(one["text"]) for one in ARTICLES}
        for citation in list(citations_of(response["summary"]))[:5]:
            place = {key: citation[key] for key in ("article", "start", "end")}
            passage = told(await client.call_tool("show_source", {**place, "around": 80}))
            shown = passage["before"] + passage["quote"] + passage["after"]
            assert passage["quote"] == citation["quote"]
            assert shown == texts[citation["article"]][passage["start"] - len(passage["before"]) :][: len(shown)]
            assert max(len(passage["before"]), len(passage["after"])) <= 80
            assert shown != passage["quote"]

    session(tmp_path, work, mode)
    assert len(heard) > 1
    assert all(done <= of for done, of, _ in heard if of)
    assert [done for done, _, _ in heard] == sorted({done for done, _, _ in heard})
    assert {what for _, _, what in heard} <= {"article 1 of 3", "article 2 of 3", "article 3 of 3"}


@pytest.mark.model
@pytest.mark.slow
def test_a_case_is_made_added_to_and_compared_and_its_sources_are_shown(tmp_path: Path):
    async def work(client: Any) -> None:
        kind, words = problem(await client.call_tool("add_article", {"case": "norvane", "article": ARTICLES[0]}))
        assert (kind, "there is no case 'norvane'" in words) == ("no-such-case", True)
        first = told(await client.call_tool("add_article", {"case": "norvane", "article": ARTICLES[0], "new": True}))
        assert (first["number"], first["stored"]) == (1, ["wire"])
        again = told(await client.call_tool("add_article", {"case": "norvane", "article": ARTICLES[0], "new": True}))
        assert (again["number"], again["known"], again["changes"]) == (1, ["wire"], [])
        second = told(await client.call_tool("add_article", {"case": "norvane", "article": ARTICLES[1]}))
        assert second["changes"]
        assert told(await client.call_tool("what_changed", {"case": "norvane"})) == {key: second[key] for key in ("number", "since", "changes")}
        assert told(await client.call_tool("what_changed", {"case": "norvane", "since": 0}))["since"] == 0
        cited = second["changes"][0]["citations"][0]
        passage = told(await client.call_tool("show_source", {"case": "norvane", **{key: cited[key] for key in ("article", "start", "end")}}))
        assert (passage["quote"], passage["publisher"]) == (cited["quote"], example.articles()[1].publisher)
        late = {"case": "norvane", "article": "daily", "start": 0, "end": 5, "number": 1}
        assert problem(await client.call_tool("show_source", late))[0] == "no-such-article"
        assert problem(await client.call_tool("show_source", {**late, "number": 9}))[0] == "no-such-number"
        assert problem(await client.call_tool("show_source", {**late, "number": 2, "end": 10**7}))[0] == "no-such-place"

    session(tmp_path, work)


@pytest.mark.model
@pytest.mark.slow
def test_a_files_citation_shows_its_place_in_the_file(tmp_path: Path):
    async def work(client: Any) -> None:
        article = {"id": "court", "file": base64.b64encode(story_pdf()).decode(), "name": "court.pdf"}
        response = told(await client.call_tool("summarize_case", {"articles": [article]}))
        cited = next(one for one in citations_of(response["summary"]) if "place" in one)
        passage = told(await client.call_tool("show_source", {key: cited[key] for key in ("article", "start", "end")}))
        assert passage["place"] == cited["place"]

    session(tmp_path, work)


def test_what_does_not_fit_is_refused_in_the_words_of_the_problems_and_the_next_call_is_served(tmp_path: Path):
    async def work(client: Any) -> None:
        async def refusal(tool: str, **arguments: Any) -> tuple[str, str]:
            return problem(await client.call_tool(tool, arguments))

        assert await refusal("summarize_case") == ("invalid-request", "The request does not fit: /articles: Field required")
        kind, words = await refusal("summarize_case", articles=[{"text": "A.", "published_on": "yesterday"}, {"text": " "}])
        assert kind == "invalid-request"
        assert words.splitlines()[1:] == ["/articles/1/text: is empty or only white space: send the article's text"]
        assert (await refusal("summarize_case", articles=[{"text": OTHER}] * 3))[0] == "too-many-articles"
        assert (await refusal("summarize_case", articles=[{"text": OTHER}], cases="all"))[0] == "invalid-request"
        assert (await refusal("add_article", case="x", article={"text": "n" * 2001}))[0] == "article-too-long"
        assert (await refusal("add_article", case="../x", article={"text": OTHER}, new=True))[0] == "bad-name"
        assert (await refusal("add_article", case="x", article={"file": "JVBERi0xLjQKJSVFT0YK"}, new=True))[0] == "unreadable-file"
        assert (await refusal("what_changed", case="x"))[0] == "no-such-case"  # nothing was left of it
        assert (await refusal("what_changed", case="x", since=-1))[1].startswith("The request does not fit: /since")
        assert (await refusal("show_source", case="x", article="a1", start=0, end=5))[0] == "no-such-case"
        with pytest.raises(mcp.MCPError, match="there is no tool 'judge'"):
            await client.call_tool("judge", {})

    session(tmp_path, work, CASEBRIEF_MAX_ARTICLES="2", CASEBRIEF_MAX_ARTICLE_CHARACTERS="2000")


def test_the_schemas_are_schemas_and_hold_for_what_a_client_may_send(tmp_path: Path):
    async def work(client: Any) -> None:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert set(tools) == {"summarize_case", "add_article", "what_changed", "show_source"}
        for tool in tools.values():
            for schema in (tool.input_schema, tool.output_schema):
                Draft202012Validator.check_schema(schema)
                assert schema["type"] == "object"
        assert [tool.annotations.read_only_hint for tool in tools.values()] == [name != "add_article" for name in tools]
        takes = Draft202012Validator(tools["summarize_case"].input_schema)
        assert takes.is_valid({"articles": [{"text": "A."}]})
        assert not takes.is_valid({"articles": [{"text": "A."}], "cases": "all"})

    session(tmp_path, work)


# ---------------------------------------------------------------------- the process itself


@contextmanager
def bare(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, its pipes in our hands."""
    environment = {**os.environ, **UNHURRIED, "CASEBRIEF_CASES_DIR": str(folder)}
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        watch = threading.Timer(HANG_S, process.kill)
        watch.start()
        try:
            yield process
        finally:
            watch.cancel()
            process.kill()


def say(process: subprocess.Popen[bytes], number: int | None, method: str, **params: Any) -> None:
    assert process.stdin
    message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()


def greet(process: subprocess.Popen[bytes]) -> None:
    say(process, 0, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "test", "version": "1"})
    assert process.stdout
    assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "casebrief"
    say(process, None, "notifications/initialized")


@pytest.mark.model
@pytest.mark.slow
def test_nothing_but_the_protocol_is_on_standard_output_and_its_end_is_the_servers(tmp_path: Path):
    with bare(tmp_path) as process:
        greet(process)
        say(process, 1, "tools/call", name="summarize_case", arguments={"articles": ARTICLES}, _meta={"progressToken": "p"})
        assert process.stdout
        lines = []
        while not lines or lines[-1].get("id") != 1:
            lines.append(json.loads(process.stdout.readline()))
        assert {line.get("method") for line in lines[:-1]} == {"notifications/progress"}
        assert lines[-1]["result"]["structuredContent"]["summary"]["caption"]["value"] == "Ashgrove v. Norvane Home Inc"
        assert process.stdin
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait() == 0


@pytest.mark.model
def test_a_call_that_is_cancelled_is_given_up_and_the_next_one_served(tmp_path: Path):
    long = {"text": (str(ARTICLES[0]["text"]) + "\n\n") * 60}
    with bare(tmp_path) as process:
        greet(process)
        say(process, 1, "tools/call", name="add_article", arguments={"case": "long", "new": True, "article": long}, _meta={"progressToken": "p"})
        assert process.stdout
        assert json.loads(process.stdout.readline())["method"] == "notifications/progress"  # it is read
        say(process, None, "notifications/cancelled", requestId=1)
        say(process, 2, "tools/call", name="what_changed", arguments={"case": "long"})
        answers = iter(lambda: json.loads(process.stdout.readline()), None)  # type: ignore[union-attr]
        second = next(answer for answer in answers if answer.get("id") == 2)
        assert second["result"]["_meta"]["problem"]["type"].endswith(":no-such-case")


@pytest.mark.skipif(os.name == "nt", reason="an interrupt cannot be sent to one process there")
def test_an_interrupt_ends_it_though_it_waits_for_its_client(tmp_path: Path):
    with bare(tmp_path) as process:
        greet(process)
        process.send_signal(signal.SIGINT)
        assert process.wait() == -signal.SIGINT


def test_without_the_sdk_one_line_says_what_to_install(tmp_path: Path):
    hide = "import sys; sys.modules['mcp'] = None; sys.argv = ['casebrief', 'mcp']; from casebrief.evals.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", hide], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=HANG_S)
    refused(done, 2, "pip install 'casebrief[mcp]'")
