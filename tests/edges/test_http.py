"""The HTTP API on a real server: limits, problem documents, the queue, and a client that goes away."""

import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import jsonschema
import psutil
import pytest
from casebrief.service import example
from conftest import HANG_S, as_request, citations_of, running_server, spent, until, without_clock

MEDIA = "application/problem+json"
GOOD = {"articles": [{"text": "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers."}]}


def post(address: str, body, **options) -> httpx.Response:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    return httpx.post(f"{address}/v1/summaries", content=content, headers={"Content-Type": "application/json"}, timeout=HANG_S, **options)


def is_problem(response: httpx.Response, status: int, words: str) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA
    problem = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:casebrief:problem:")
    assert words in json.dumps(problem, ensure_ascii=False)
    return problem


def with_article(**keys) -> dict:
    return {"articles": [{"text": "A story.", **keys}]}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"\xff\xfe", 400, "not UTF-8"),
        (b'{"articles": NaN}', 400, "NaN"),
        (b'{"articles": [], "articles": []}', 400, "twice"),
        (b"[" * 100_000, 400, "not JSON"),
        ([], 422, "SummaryRequest"),
        ({}, 422, "/articles: Field required"),
        ({"articles": []}, 422, "/articles"),
        ({"articles": [{}]}, 422, "/articles/0: send exactly one of"),
        ({**GOOD, "style": "short"}, 422, "'style' is not known"),
        (with_article(author="me"), 422, "'author' is not known"),
        ({"articles": [{"text": ""}]}, 422, "empty"),
        ({"articles": [{"text": " \n\t"}]}, 422, "white space"),
        ({"articles": [{"text": 7}]}, 422, "/articles/0/text"),
        (with_article(published_on="23 January 2025"), 422, "2025-01-23"),
        (with_article(published_on="2025-02-30"), 422, "calendar"),
        (with_article(published_on="0001-01-01"), 422, "between"),
        (with_article(published_on=1737590400), 422, "/articles/0/published_on"),
        (with_article(id="a b"), 422, "/articles/0/id"),
        (with_article(text="a\0b"), 422, "NUL"),
        (b'{"articles": [{"text": "a\\ud800b"}]}', 422, "surrogate"),
        ({"articles": [{"text": "A.", "id": "x"}, {"text": "B.", "id": "x"}]}, 422, "'x' is given more than once"),
        ({"articles": [{"text": "A."}] * 21}, 413, "21 articles"),
        ({"articles": [{"text": "a" * 200_001}]}, 413, "200001 characters"),
        ({"articles": [{"text": "a" * 190_000}] * 6}, 413, "1140000 characters together"),
        ({**GOOD, "deadline_s": 0}, 422, "/deadline_s"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_problem(server, body, status, words):
    is_problem(post(server, body), status, words)


def test_a_body_beyond_every_limit_is_refused_before_it_has_all_come(server):
    is_problem(post(server, b'{"articles": [{"text": "' + b"a" * 41_000_000), 413, "more than")


@pytest.mark.slow
def test_limits_are_settings():
    with running_server(CASEBRIEF_MAX_ARTICLES="1", CASEBRIEF_MAX_ARTICLE_CHARACTERS="100") as (address, _):
        is_problem(post(address, {"articles": [{"text": "A."}] * 2}), 413, "at most 1")
        is_problem(post(address, {"articles": [{"text": "a" * 101}]}), 413, "at most 100")
        assert post(address, GOOD).status_code == 200


def test_unknown_paths_and_methods_are_problems(server):
    is_problem(httpx.get(f"{server}/v2"), 404, "not-found")
    is_problem(httpx.get(f"{server}/v1/summaries"), 405, "method-not-allowed")


def test_the_schema_describes_the_answer(server):
    schema = httpx.get(f"{server}/v1/schema").json()
    answer = post(server, as_request(example.articles())).json()
    jsonschema.validate(answer, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**answer, "summary": {**answer["summary"], "colour": "red"}}, schema)


def test_ids_are_given_where_they_are_missing(server):
    body = {"articles": [{"text": "A story here."}, {"text": "Another one.", "id": "a1"}]}
    assert [article["id"] for article in post(server, body).json()["articles"]] == ["a2", "a1"]


def test_the_document_has_real_examples(server):
    document = httpx.get(f"{server}/openapi.json").json()
    examples = document["components"]["schemas"]["SummaryRequest"]["examples"]
    answer = post(server, examples[0])
    assert answer.status_code == 200
    assert answer.json()["summary"]["caption"]["value"] == "Ashgrove v. Norvane Home Inc"


def test_models_health_and_readiness(server):
    assert httpx.get(f"{server}/healthz").json()["status"] == "ok"
    assert httpx.get(f"{server}/readyz").json()["status"] == "ready"
    lines = {line["name"]: line for line in httpx.get(f"{server}/v1/models").json()}
    assert lines["smollm2-135m"]["present"] is True
    assert lines["qwen25-3b"]["present"] is False


@pytest.mark.model
def test_a_request_end_to_end_on_the_embedded_model(server):
    body = as_request(example.articles())
    first, second = post(server, body).json(), post(server, body).json()
    assert first["provenance"]["model"] == "smollm2-135m"
    assert len(first["provenance"]["model_sha256"]) == 64
    assert first["provenance"]["reader"] == "labels"
    assert first["timings"]["prompt_tokens"] > 300
    assert first["timings"]["output_tokens"] == 0
    assert without_clock(first) == without_clock(second)
    assert all(first["summary"][name]["found_by"] == "model" for name in ("caption", "court", "docket_number"))
    texts = {f"a{n}": article.text for n, article in enumerate(example.articles(), 1)}
    cited = list(citations_of(first))
    assert len(cited) > 20
    assert all(texts[c["article"]][c["start"] : c["end"]] == c["quote"] for c in cited)


@pytest.mark.model
@pytest.mark.slow
def test_what_was_read_is_kept_over_a_restart_and_changes_no_answer(server, tmp_path):
    body, kept = as_request(example.articles()), {"CASEBRIEF_CACHE_MB": "8", "CASEBRIEF_CACHE_DIR": str(tmp_path)}
    without = post(server, body).json()
    with running_server(**kept) as (address, _):
        cold, warm = post(address, body).json(), post(address, body).json()
        fewer = post(address, {"articles": body["articles"][:2]}).json()
    with running_server(**kept) as (address, _):
        restarted = post(address, body).json()
    assert cold["timings"]["prompt_tokens"] == without["timings"]["prompt_tokens"] > 0
    assert [one["timings"]["prompt_tokens"] for one in (warm, fewer, restarted)] == [0, 0, 0]
    assert len({without_clock(one) for one in (without, cold, warm, restarted)}) == 1


@pytest.mark.model
@pytest.mark.slow
def test_requests_at_once_share_the_model_and_are_each_answered(server):
    bodies = [as_request(example.articles()[place : place + 1]) for place in range(3)]
    alone = [post(server, body).json() for body in bodies]
    with ThreadPoolExecutor(6) as pool:
        together = [one.json() for one in pool.map(lambda body: post(server, body), bodies * 2)]
    for number, answer in enumerate(together):
        assert answer["articles"] == alone[number % 3]["articles"]
        assert answer["summary"]["caption"] == alone[number % 3]["summary"]["caption"]
        text = bodies[number % 3]["articles"][0]["text"]
        assert all(text[c["start"] : c["end"]] == c["quote"] for c in citations_of(answer))


LONG = {
    "articles": [
        {"text": f"The lawsuit says that Norvane Home Inc sold pumps that fail in the rain of {town}. " * 300} for town in ("Oakland", "Bonn", "Kyoto", "Lima")
    ]
}
PIECE = {"articles": [{"text": LONG["articles"][0]["text"][:800]}]}
"""Less than a hundredth of it."""


def worker_of(address: str) -> int:
    return httpx.get(f"{address}/readyz", timeout=HANG_S).json()["engine"]["pid"]


def is_working(worker: int) -> None:
    """Wait until a worker that had nothing to do works."""
    before = spent(worker)
    until(lambda: spent(worker) > before + 0.1)


def send(address: str, body: dict) -> socket.socket:
    """Send a request without waiting for its answer; closing the socket is going away."""
    host, port = address.removeprefix("http://").split(":")
    content = json.dumps(body).encode()
    client = socket.create_connection((host, int(port)))
    client.sendall(b"POST /v1/summaries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(content) + content)
    return client


def waiting_at(address: str) -> int:
    return httpx.get(f"{address}/readyz", timeout=HANG_S).json()["waiting"]


def cost_of_a_piece(address: str) -> float:
    """Processor seconds of the worker for a hundredth of `LONG`."""
    before = spent(worker_of(address))
    assert post(address, PIECE).status_code == 200
    return spent(worker_of(address)) - before


@pytest.mark.model
def test_the_workers_death_in_a_job_is_a_problem_and_the_next_request_succeeds(server):
    """The problem names the signal: the death itself told of it, not the patience with one that is silent."""
    worker = worker_of(server)
    with ThreadPoolExecutor() as pool:
        request = pool.submit(post, server, LONG)
        is_working(worker)
        os.kill(worker, signal.SIGSEGV)
        response = request.result()
    is_problem(response, 503, "SIGSEGV")
    assert int(response.headers["Retry-After"]) >= 1
    assert post(server, GOOD).status_code == 200


@pytest.fixture(scope="module")
def narrow():
    """A server that works on one request and lets one more wait."""
    with running_server(CASEBRIEF_CONCURRENCY="1", CASEBRIEF_QUEUE="1") as (address, _):
        yield address


@pytest.mark.model
@pytest.mark.slow
def test_a_deadline_passes_while_a_request_waits_and_what_cannot_be_done_in_it_is_not_begun(narrow):
    cost_of_a_piece(narrow)  # a server's first request waits for its tables
    began = time.monotonic()
    cost = cost_of_a_piece(narrow)
    piece_s = time.monotonic() - began
    worker, before = worker_of(narrow), spent(worker_of(narrow))
    with send(narrow, LONG):
        is_working(worker)
        is_problem(post(narrow, {**PIECE, "deadline_s": piece_s}), 504, "deadline")
    assert post(narrow, GOOD).status_code == 200
    is_problem(post(narrow, {**LONG, "deadline_s": 5 * piece_s}), 422, "cannot-be-done-in-time")
    assert spent(worker) - before < 25 * cost, "a job went on that nobody wanted, or that could not be done"


@pytest.mark.model
def test_a_client_that_goes_away_ends_its_job(server):
    cost, worker = cost_of_a_piece(server), worker_of(server)
    before = spent(worker)
    client = send(server, LONG)
    is_working(worker)
    client.close()
    assert post(server, GOOD).status_code == 200
    assert spent(worker) - before < 25 * cost, "the job of the client that left went on"


@pytest.mark.model
def test_beyond_the_queue_there_is_503_with_a_measured_retry_after(narrow):
    assert post(narrow, GOOD).status_code == 200
    with send(narrow, LONG), send(narrow, LONG):
        until(lambda: waiting_at(narrow) == 1)
        for _ in range(2):
            full = post(narrow, LONG)
            is_problem(full, 503, "queue")
            assert int(full.headers["Retry-After"]) >= 1
    until(lambda: waiting_at(narrow) == 0)
    assert post(narrow, GOOD).status_code == 200


@pytest.mark.model
@pytest.mark.slow
def test_sigterm_finishes_what_runs_and_leaves():
    with running_server(CASEBRIEF_CONCURRENCY="1") as (address, process):
        body = {"articles": [{"text": LONG["articles"][0]["text"][:2000]}]}
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        with ThreadPoolExecutor() as pool:
            requests = [pool.submit(post, address, body) for _ in range(2)]
            until(lambda: waiting_at(address) == 1)
            process.terminate()
            waited, ran = sorted((request.result() for request in requests), key=lambda response: -response.status_code)
            assert ran.status_code == 200
            is_problem(waited, 503, "closing")
        assert process.wait(HANG_S) in (0, -signal.SIGTERM)
        _, alive = psutil.wait_procs(children, timeout=HANG_S)
        assert not alive


@pytest.mark.model
@pytest.mark.slow
def test_what_does_not_finish_within_the_limit_is_told_so():
    with running_server(CASEBRIEF_SHUTDOWN_S="0.1") as (address, process):
        worker = worker_of(address)
        with ThreadPoolExecutor() as pool:
            running = pool.submit(post, address, LONG)
            is_working(worker)
            process.terminate()
            is_problem(running.result(), 503, "closing")
        assert process.wait(HANG_S) in (0, -signal.SIGTERM)


def test_it_listens_on_loopback_alone(server):
    port = int(server.rsplit(":", 1)[1])
    addresses = {c.laddr.ip for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.status == psutil.CONN_LISTEN}
    assert addresses == {"127.0.0.1"}


def test_many_at_once_are_each_answered(server):
    firms = [f"{name} Kettles Inc" for name in ("Aldwane", "Brontel", "Corvane", "Drellick", "Estrane", "Fennick", "Garvane", "Hollick")]
    said = "was sued on Tuesday in federal court in Oakland, California, by customers who say that its kettles melt."
    bodies = [{"articles": [{"text": f"Kettle maker sued\n\n{firm} {said}"}]} for firm in firms]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: post(server, body).json(), bodies))
    assert [answer["summary"]["defendants"][0]["value"] for answer in answers] == firms
