"""Articles about two lawsuits at the edges: refused with both named, or a summary of each."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from casebrief.models.fake import FakeEngine
from casebrief.service import example
from casebrief.service.domain.schema import CasesResponse
from casebrief.service.edges.http import create_app
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import wire
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer
from conftest import HANG_S
from marking import HALF_SURE, read_as

DOORBELLS = read_as("Norvane Home Inc was sued by Ira Blum over its doorbells.", {"plaintiffs": "Ira Blum", "defendants": "Norvane Home Inc"})
DAM = read_as("Ada Pell told jurors on Friday how Larkwell Power Corp flooded her farm.", {"plaintiffs": "Ada Pell", "defendants": "Larkwell Power Corp"})
TWO = {"articles": [{"id": "bells", "text": DOORBELLS[0]}, {"id": "dam", "text": DAM[0]}]}


Post = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def post(tmp_path_factory) -> Post:
    """Asks the application over an engine that marks the two stories, as often as it is asked."""
    engine = FakeEngine(labellings=[found for _ in range(8) for _, found in (DOORBELLS, DAM)])
    wired = wire(Settings(cache_mb=0, jobs_dir=tmp_path_factory.mktemp("jobs")))
    app = create_app(replace(wired, summarizer=Summarizer(LabelReader(engine, HALF_SURE), "", lambda: engine.info)))

    async def asked(path: str, **options: object) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
            return await client.post(path, **options)

    return lambda path, **options: asyncio.run(asked(path, **options))


def test_two_suits_are_a_422_that_names_each_article_and_whom_it_is_about(post):
    answer = post("/v1/summaries", json=TWO)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:casebrief:problem:several-cases")
    assert problem["errors"] == [
        {"pointer": "/articles/0", "detail": "is about Ira Blum against Norvane Home Inc"},
        {"pointer": "/articles/1", "detail": "is about Ada Pell against Larkwell Power Corp"},
    ]
    assert "bells: Ira Blum against Norvane Home Inc; dam: Ada Pell against Larkwell Power Corp" in problem["detail"]
    assert '"cases": "all"' in problem["detail"]


def test_all_cases_are_told_one_summary_each_by_json_and_by_form(post):
    by_json = post("/v1/summaries", json={**TWO, "cases": "all"})
    files = [("file", (f"{name}.txt", text.encode(), "text/plain")) for name, (text, _) in (("bells", DOORBELLS), ("dam", DAM))]
    by_form = post("/v1/summaries", files=files, data={"cases": "all"})
    for answer in (by_json, by_form):
        assert answer.status_code == 200, answer.text
        told = CasesResponse.model_validate(answer.json()).cases
        assert [[fact.value for fact in one.summary.defendants] for one in told] == [["Norvane Home Inc"], ["Larkwell Power Corp"]]
        assert [[line.outcome for line in one.ledger] for one in told] == [["used", "not_about_the_case"], ["not_about_the_case", "used"]]


@pytest.mark.parametrize(
    ("path", "body", "accept", "status", "words"),
    [
        ("/v1/summaries", {**TWO, "cases": "all"}, "text/markdown", 406, "application/json"),
        ("/v1/summaries", {**TWO, "cases": "some"}, "*/*", 422, "/cases"),
        ("/v1/jobs", {**TWO, "cases": "all"}, "*/*", 422, "/cases"),
    ],
)
def test_what_cannot_be_had_of_several_cases_is_told(post, path, body, accept, status, words):
    answer = post(path, json=body, headers={"Accept": accept})
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]


SUIT = """Larkwell Power Corp was sued on Monday in federal court in Portland, Oregon, by a farmer who says that its dam flooded her fields.

Ruth Tell accuses the utility of opening the gates of its dam at night. She seeks $2 million in damages. Larkwell declined to comment.

The case is Tell v. Larkwell Power Corp, U.S. District Court, District of Oregon, No. 25-00417.
"""


@pytest.mark.model
@pytest.mark.slow
def test_the_command_line_refuses_two_suits_in_one_line_and_tells_both_with_cases_all(tmp_path: Path):
    paths = [tmp_path / "dam.txt", tmp_path / "wire.txt"]
    for path, text in zip(paths, (SUIT, example.articles()[0].text), strict=True):
        path.write_text(text)

    def casebrief(*options: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("casebrief")), "summarize", *options, *map(str, paths)]
        return subprocess.run(command, capture_output=True, text=True, timeout=HANG_S, check=False)

    refused = casebrief()
    assert (refused.returncode, refused.stdout) == (2, ""), refused.stderr
    (line,) = refused.stderr.splitlines()
    assert all(words in line for words in ("a1: Tell v. Larkwell Power Corp", "a2: Ashgrove v. Norvane Home Inc", "--cases all"))
    told = json.loads(casebrief("--cases", "all", "--json").stdout)["cases"]
    assert [one["summary"]["caption"]["value"] for one in told] == ["Tell v. Larkwell Power Corp", "Ashgrove v. Norvane Home Inc"]
