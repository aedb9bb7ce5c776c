"""What an operator sees: ids of requests, lines of the log, figures; and that nothing of an article is among them."""

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from asking import SUMMARIES, ask, guarded, listening
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.doctor import Finding, as_json
from casebrief.service.edges.http import create_app
from casebrief.service.edges.keys import Keys
from casebrief.service.edges.logs import JsonLines, PlainLines, log_request
from casebrief.service.edges.metrics import Metrics
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.watch import Ended
from casebrief.service.edges.wiring import Casebrief, wire
from conftest import HANG_S, until
from prometheus_client.parser import text_string_to_metric_families

FIGURES = {
    "casebrief_ready",
    "casebrief_queue_length",
    "casebrief_running",
    "casebrief_worker_restarts",
    "casebrief_worker_resident_bytes",
    "casebrief_cache_hits",
    "casebrief_cache_misses",
    "casebrief_cache_writable",
    "casebrief_build_info",
    "casebrief_requests",
    "casebrief_request_seconds",
    "casebrief_refusals",
    "casebrief_deadline_misses",
    "casebrief_articles",
    "casebrief_tokens",
    "casebrief_stage_seconds",
    "casebrief_jobs",
    "casebrief_jobs_open",
    "casebrief_job_seconds",
}


@pytest.fixture(scope="module")
def wired() -> Casebrief:
    return wire(Settings())


@dataclass
class Worked:
    """What a server said while it worked."""

    answers: dict[str, httpx.Response]
    figures: str
    log: str


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    """A real server that was asked for much, in words that must not be found again."""
    folder = tmp_path_factory.mktemp("worked")
    body = {"articles": [{"text": "Zanzibark Inc was sued on Tuesday in federal court in Oakland, California, by customers."}]}
    asked = [("POST", SUMMARIES, {"json": body}), ("POST", SUMMARIES, {"json": body})]
    asked += [("POST", SUMMARIES, {"json": {"articles": [{"text": "Zanzibark", "Zanzibark": 1}]}})]
    asked += [("POST", "/v1/page", {"content": b"Zanzibark", "headers": {"Content-Type": "text/zanzibark"}}), ("GET", "/page/Zanzibark", {})]
    asked += [("ZANZIBARK", "/Zanzibark/x?Zanzibark", {"headers": {"User-Agent": "Zanzibark", "Referer": "http://Zanzibark/"}})]
    with listening(folder / "log", CASEBRIEF_LOG="json", CASEBRIEF_CACHE_DIR=str(folder), CASEBRIEF_CACHE_MB="8") as address:
        until(lambda: httpx.get(f"{address}/readyz", timeout=HANG_S).status_code == 200)
        answers = {}
        for number, (method, path, options) in enumerate(asked, 1):
            headers = {**options.pop("headers", {}), "X-Request-Id": f"mine-{number}"}
            answers[f"mine-{number}"] = httpx.request(method, address + path, headers=headers, timeout=HANG_S, **options)
        told = httpx.get(f"{address}/metrics", timeout=HANG_S).text
    return Worked(answers, told, (folder / "log").read_text())


def figures(text: str) -> dict[tuple[str, ...], float]:
    """By name and values of labels, buckets left out."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples if not sample.name.endswith(("_bucket", "_created"))]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


# ------------------------------------------------------------------ ids


@pytest.mark.parametrize("given", ["trace-1", "a" * 64, "0.9_Z"])
def test_an_id_that_a_client_gives_comes_back_in_the_header_and_in_the_problem(wired, given):
    response = ask(wired, "POST", SUMMARIES, headers={"X-Request-Id": given}, json={})
    assert response.headers["x-request-id"] == given
    assert response.json()["instance"] == f"urn:casebrief:request:{given}"
    assert ask(wired, headers={"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "a" * 65, "two words", "line\tbreak", "é".encode(), '"quoted"', "a;b"])
def test_another_gets_an_id_of_its_own(wired, given):
    answers = [ask(wired, path="/nothing", headers={"X-Request-Id": given} if given is not None else {}) for _ in range(2)]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)
    assert {answer.json()["instance"].rpartition(":")[2] for answer in answers} == ids


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"headers": {"Host": "evil.example.com"}}, 421),
        ({"headers": {"Origin": "http://evil.example.com"}, "json": {}}, 403),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"json": {}, "headers": {"Accept": "image/png"}}, 406),
    ],
)
def test_every_problem_names_its_request(wired, options, status):
    response = ask(wired, "POST", SUMMARIES, **options)
    assert response.status_code == status
    assert response.json()["instance"].endswith(response.headers["x-request-id"])
    assert int(response.headers["content-length"]) == len(response.content)


# ------------------------------------------------------------------ the log


@pytest.mark.slow
def test_a_request_is_one_line_with_its_id_route_and_status_and_no_word_that_was_sent(worked):
    assert "zanzibark" not in worked.log.casefold()
    lines = [json.loads(line) for line in worked.log.splitlines()]
    (mine,) = [line for line in lines if line.get("request") == "mine-1"]
    told = ("POST", "/v1/summaries", 200, worked.answers["mine-1"].json()["id"])
    assert (mine["method"], mine["route"], mine["status"], mine["summary"]) == told
    assert mine["seconds"] > 0
    (other,) = [line for line in lines if line.get("request") == "mine-5"]
    assert (other["route"], other["status"], other["reason"]) == ("/page/{name}", 404, "not-found")
    assert [line["status"] for line in lines if line.get("method") == "other"] == [404]


def test_a_line_for_a_person_tells_the_same(caplog):
    with caplog.at_level(logging.INFO, "casebrief"):
        log_request(Ended("mine-1", "POST", "/v1/summaries", 504, 0.25, "deadline", {"job": "j1"}))
    assert PlainLines().format(caplog.records[0]) == "INFO: POST /v1/summaries 504 request=mine-1 seconds=0.25 reason=deadline job=j1"


@pytest.mark.parametrize("formatter", [JsonLines(), PlainLines()])
def test_an_error_is_logged_with_its_places_and_without_its_words(formatter):
    def fail() -> None:
        try:
            int("Zanzibark")
        except ValueError as error:
            raise KeyError("Zanzibark") from error

    try:
        fail()
    except KeyError as error:
        line = formatter.format(logging.LogRecord("any", logging.ERROR, __file__, 1, "it failed", (), (KeyError, error, error.__traceback__)))
    assert "Zanzibark" not in line
    for told in ("it failed", "builtins.ValueError", "builtins.KeyError", "in fail", Path(__file__).name):
        assert told in line


def test_an_unforeseen_error_is_answered_with_an_id_and_logged_with_it_and_without_its_words(wired, caplog):
    class Broken:
        def engine_state(self) -> dict:
            raise RuntimeError("Zanzibark")

    app = create_app(wired)
    app.add_api_route("/broken", Broken().engine_state)

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.get("/broken", headers={"X-Request-Id": "mine"})

    with caplog.at_level(logging.INFO, "casebrief"):
        response = asyncio.run(answer())
    assert response.status_code == 500
    assert response.json()["instance"] == "urn:casebrief:request:mine"
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    line = json.loads(JsonLines().format(record))
    assert line["request"] == "mine"
    assert "engine_state" in " ".join(line["trace"])
    assert "Zanzibark" not in json.dumps(line)


# ------------------------------------------------------------------ figures


def test_figures_are_prometheus_text_and_each_application_counts_for_itself(wired):
    response = ask(wired, path="/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name for family in text_string_to_metric_families(response.text) if not family.name.endswith("_created")}
    assert {family for family in families if family.startswith("casebrief")} == FIGURES
    assert not [key for key in figures(response.text) if key[0] == "casebrief_requests_total"]


def test_where_jobs_cannot_be_kept_the_other_figures_are_told(wired, tmp_path):
    (tmp_path / "jobs").write_text("no folder")
    settings = wired.settings.model_copy(update={"jobs_dir": tmp_path / "jobs"})
    told = figures(ask(Casebrief(**{**vars(wired), "settings": settings}), path="/metrics").text)
    assert ("casebrief_ready",) in told
    assert not [key for key in told if key[0] == "casebrief_jobs_open"]


def test_without_a_key_readiness_alone_is_shown(wired, tmp_path):
    key = Keys(tmp_path / "keys").add("me")
    product = guarded(wired, tmp_path / "keys")
    assert figures(ask(product, path="/metrics").text) == {("casebrief_ready",): 0.0}
    assert len(figures(ask(product, path="/metrics", headers={"Authorization": f"Bearer {key}"}).text)) > 10


def test_what_happened_is_counted_by_words_of_ours(worked):
    assert "zanzibark" not in worked.figures.casefold()
    told = figures(worked.figures)
    assert told["casebrief_ready",] == 1
    assert told["casebrief_requests_total", SUMMARIES, "200"] == told["casebrief_stage_seconds_count", "total"] == 2
    assert (told["casebrief_cache_hits_total",], told["casebrief_cache_misses_total",]) == (1, 1)
    assert told["casebrief_articles_total", "used"] == 2
    assert told["casebrief_tokens_total", "prompt"] == worked.answers["mine-1"].json()["timings"]["prompt_tokens"] > 0
    refused = {key[1]: value for key, value in told.items() if key[0] == "casebrief_refusals_total"}
    assert refused == {"invalid-request": 1, "not-found": 2, "unsupported-media-type": 1}
    assert told["casebrief_worker_resident_bytes",] > 10_000_000


def test_a_deadline_that_was_missed_is_counted(wired):
    metrics = Metrics(wired, Desk(1, 1, 1.0))
    for status, reason in ((504, "deadline"), (503, "queue-full"), (200, "")):
        metrics.ended(Ended("mine", "POST", SUMMARIES, status, 2.0, reason))
    told = figures(metrics.text(known=True).decode())
    assert told["casebrief_deadline_misses_total",] == 1
    assert (told["casebrief_refusals_total", "deadline"], told["casebrief_refusals_total", "queue-full"]) == (1, 1)
    assert (told["casebrief_request_seconds_count", SUMMARIES], told["casebrief_request_seconds_sum", SUMMARIES]) == (3, 6)


# ------------------------------------------------------------------ the doctor


def test_doctor_tells_programs_the_same_as_people(tmp_path):
    command = [sys.executable, "-P", "-m", "casebrief.evals.cli", "doctor", "--model", "qwen25-3b"]
    environment = {**os.environ, "CASEBRIEF_MODELS_DIR": str(tmp_path)}
    person, program = (subprocess.run([*command, *end], env=environment, capture_output=True, text=True, check=False) for end in ([], ["--json"]))
    assert (person.returncode, program.returncode) == (1, 1)
    found = json.loads(program.stdout)
    assert found["well"] is False
    assert [[one["state"], one["name"], *one["told"].split()] for one in found["findings"]] == [line.split() for line in person.stdout.splitlines()]
    assert [one["name"] for one in found["findings"] if one["state"] == "unwell"] == ["weights"]


def test_what_is_lesser_is_no_fault():
    assert json.loads(as_json([Finding("a", True, "b"), Finding("c", None, "d")])) == {
        "well": True,
        "findings": [{"name": "a", "state": "well", "told": "b"}, {"name": "c", "state": "lesser", "told": "d"}],
    }
