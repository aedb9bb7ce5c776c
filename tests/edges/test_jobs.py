"""Jobs and deadlines over HTTP: a real server around an engine that reads an article whenever the test lets it; and, for a restart, the product itself."""

import asyncio
import base64
import hashlib
import hmac
import json
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from casebrief.models.engine import Labelling, Labellings, Mark, Place, Usage
from casebrief.models.errors import Cancelled, EngineDied, OutOfTime
from casebrief.models.fake import FakeEngine
from casebrief.service import example
from casebrief.service.domain.schema import Timings
from casebrief.service.edges import jobs_http
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.http import create_app
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.speed import Speed
from casebrief.service.edges.wiring import Casebrief, wire
from casebrief.service.jobs import webhook
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer
from conftest import HANG_S, as_request, free_port, running_server, until, without_clock
from marking import HALF_SURE
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError

FIRM = "Norvane Home Inc"
TEXT = f"{FIRM} was sued on Tuesday in federal court in Oakland, California, by customers."
ONE, TWO = ({"articles": [{"text": TEXT.replace("Tuesday", day)}]} for day in ("Tuesday", "Friday"))
THREE = {"articles": [{"text": f"{TEXT} {town} is where it happened."} for town in ("Lima", "Bonn", "Kyoto")]}
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()


class Gate(FakeEngine):
    """Marks the firm of each article, as many articles as the test has let through; ``stopped`` is when it heard that its work is not wanted."""

    def __init__(self) -> None:
        super().__init__(labellings=[])
        self.let, self.began, self.stopped, self.dies = threading.Semaphore(0), 0, 0.0, 0

    def label(self, documents, stop, heard, enough):
        self.began += 1
        if self.dies:
            self.dies -= 1
            raise EngineDied("signal SIGSEGV")
        sizes = [sum(map(len, document)) for document in documents]
        made = []
        for number in range(len(documents)):
            heard(sum(sizes[:number]), sum(sizes))
            made.append(self._read(stop, enough))
        return Labellings(tuple(made), Usage(prompt_tokens=1, prefill_s=0.01))

    def _read(self, stop, enough) -> Labelling:
        while not self.let.acquire(timeout=0.002):
            if stop():
                self.stopped = time.monotonic()
                raise Cancelled("the job was taken back")
            if enough():
                return Labelling((), {}, 0, "OutOfTime", str(OutOfTime()))
        return Labelling((Mark("defendants", Place(0, 0), Place(0, len(FIRM)), 0.9, {}, ()),), {}, 9)


class Unwarmed(Casebrief):
    def warm_up(self) -> None:
        """Its tables are loaded when an article is read."""


@contextmanager
def served(**settings) -> Iterator[SimpleNamespace]:
    """The application on a port, with a gate for an engine: ``address``, ``engine``, ``desk``."""
    wired, engine = wire(Settings(cache_mb=0, **settings)), Gate()
    product = Unwarmed(**{**vars(wired), "summarizer": Summarizer(LabelReader(engine, HALF_SURE), "", lambda: engine.info)})
    app, port = create_app(product), free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    try:
        yield SimpleNamespace(address=f"http://127.0.0.1:{port}", engine=engine, desk=app.state.desk)
    finally:
        server.should_exit = True
        thread.join(HANG_S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def here(folder) -> Iterator[SimpleNamespace]:
    """One job at a time, beside one request."""
    with served(jobs_dir=folder, concurrency=2, jobs_queue=3, webhook_secret=SECRET) as server:
        yield server


CLIENT = httpx.Client(timeout=HANG_S)


def send(server, body=ONE, **headers) -> httpx.Response:
    return CLIENT.post(f"{server.address}/v1/jobs", json=body, headers=headers)


def look(server, name: str) -> dict:
    return CLIENT.get(f"{server.address}/v1/jobs/{name}").json()


def cancel(server, name: str) -> httpx.Response:
    return CLIENT.delete(f"{server.address}/v1/jobs/{name}")


def taken(server, body=ONE, **headers) -> str:
    """The id of a job that was taken on."""
    answer = send(server, body, **headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    return answer.json()["id"]


def events(server, name: str, **headers) -> list[dict]:
    """A job's stream to its end, an event each: id, kind and data; comments and the time to come again apart."""
    answer = CLIENT.get(f"{server.address}/v1/jobs/{name}/events", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in answer.text.split("\n\n") if "event: " in block]
    return [{"id": block["id"], "kind": block["event"], **json.loads(block["data"])} for block in blocks]


def finished(server, name: str) -> dict:
    until(lambda: look(server, name)["state"] in ("done", "failed", "cancelled"))
    return look(server, name)


def problem(answer: httpx.Response, status: int) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    return answer.json()["type"].removeprefix("urn:casebrief:problem:")


# ---------------------------------------------------------------------- a job


def test_a_job_tells_its_place_its_article_and_its_result(here):
    first, second = taken(here, THREE), taken(here, TWO)
    here.engine.let.release()
    until(lambda: look(here, first).get("article") == 2)
    running, waiting = look(here, first), look(here, second)
    assert (running["state"], running["articles"], "place" in running) == ("running", 3, False)
    assert (waiting["state"], waiting["place"], "article" in waiting) == ("queued", 1, False)
    assert running["seconds_left"] >= 0
    assert waiting["seconds_left"] > 0
    here.engine.let.release(3)
    done = finished(here, first)
    assert (done["state"], done["result"]["summary"]["defendants"][0]["value"]) == ("done", FIRM)
    assert "partial" not in done["result"]
    assert done["started_at"] <= done["ended_at"] < done["expires_at"]
    assert finished(here, second)["state"] == "done"
    told = events(here, first)
    assert [event["kind"] for event in told] == ["queued", "started", "progress", "progress", "progress", "done"]
    assert [event["article"] for event in told[2:5]] == [1, 2, 3]
    assert [event["id"] for event in told] == [str(number) for number in range(1, 7)]


def test_a_stream_goes_on_behind_the_last_event_that_the_client_has(here, monkeypatch):
    monkeypatch.setattr(jobs_http, "HEARTBEAT_S", 0.0)
    name, heard = taken(here, THREE), []
    with CLIENT.stream("GET", f"{here.address}/v1/jobs/{name}/events") as stream:
        for line in stream.iter_lines():
            heard.append(line)
            if line == ": still here" and "event: progress" in heard:
                break
    assert heard[0] == "retry: 2000"
    last = [line.removeprefix("id: ") for line in heard if line.startswith("id: ")][-1]
    here.engine.let.release(3)
    rest = events(here, name, **{"Last-Event-ID": last})
    assert [event["id"] for event in rest] == [str(number) for number in range(int(last) + 1, 7)]
    assert rest[-1]["kind"] == "done"
    again = CLIENT.get(f"{here.address}/v1/jobs/{name}/events", headers={"Last-Event-ID": rest[-1]["id"]})
    assert (again.status_code, again.content) == (204, b"")


def test_what_is_cancelled_ends_at_once_and_what_waited_is_never_begun(here):
    running, waiting = taken(here, THREE), taken(here, TWO)
    until(lambda: look(here, running).get("article") == 1)
    began = here.engine.began
    for name in (waiting, running):
        assert cancel(here, name).json()["state"] == "cancelled"
    until(lambda: here.engine.stopped)
    assert here.engine.began == began
    assert [event["kind"] for event in events(here, waiting)] == ["queued", "cancelled"]
    assert cancel(here, running).status_code == 204
    assert problem(cancel(here, running), 404) == "no-such-job"
    assert problem(CLIENT.get(f"{here.address}/v1/jobs/{running}/events"), 404) == "no-such-job"


def test_jobs_are_counted_by_how_they_stand_and_end_and_for_how_long(tmp_path):
    with served(jobs_dir=tmp_path, concurrency=2, jobs_queue=9) as server:
        server.engine.let.release()
        done = taken(server)
        until(lambda: look(server, done)["state"] == "done")
        failed = taken(server, {**TWO, "deadline_s": 0.05})
        until(lambda: look(server, failed)["state"] == "failed")
        running, waiting, other = (taken(server) for _ in range(3))
        until(lambda: look(server, running)["state"] == "running")
        told = job_figures(server)
        assert (told["casebrief_jobs_open", "running"], told["casebrief_jobs_open", "queued"]) == (1, 2)
        assert {key[1]: value for key, value in told.items() if key[0] == "casebrief_jobs_total"} == {"done": 1, "failed": 1}
        for name in (waiting, running):
            cancel(server, name)
        cancel(server, done)  # is deleted, and ends no second time
        until(lambda: look(server, other)["state"] == "running")
        told = job_figures(server)
        assert (told["casebrief_jobs_open", "running"], told["casebrief_jobs_open", "queued"]) == (1, 0)
        assert {key[1]: value for key, value in told.items() if key[0] == "casebrief_jobs_total"} == {"done": 1, "failed": 1, "cancelled": 2}
        assert (told["casebrief_job_seconds_count", "waiting"], told["casebrief_job_seconds_count", "working"]) == (4, 3)
        assert told["casebrief_job_seconds_sum", "working"] > 0
        assert FIRM.casefold() not in CLIENT.get(f"{server.address}/metrics").text.casefold()
        cancel(server, other)


def job_figures(server) -> dict[tuple[str, ...], float]:
    """Figures of jobs, by name and label."""
    families = text_string_to_metric_families(CLIENT.get(f"{server.address}/metrics").text)
    samples = [sample for family in families if family.name.startswith("casebrief_job") for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples if not sample.name.endswith(("_bucket", "_created"))}


def test_a_worker_that_dies_under_a_job_costs_it_a_beginning(here):
    here.engine.dies = 1
    name = taken(here)
    here.engine.let.release()
    assert finished(here, name)["state"] == "done"
    assert [event["kind"] for event in events(here, name)].count("started") == 2


def test_a_job_whose_worker_dies_every_time_has_failed_with_the_problem(here):
    here.engine.dies = 3
    failed = finished(here, taken(here))
    assert (failed["state"], failed["problem"]["status"]) == ("failed", 503)
    assert "SIGSEGV" in failed["problem"]["detail"]
    assert here.engine.dies == 0


def test_one_key_is_one_job_however_its_body_is_written(here):
    here.engine.let.release()
    key = {"Idempotency-Key": "a key of mine"}
    first = taken(here, **key)
    assert taken(here, json.loads(json.dumps(ONE)), **key) == first
    finished(here, first)
    assert taken(here, **key) == first
    files = [CLIENT.post(f"{here.address}/v1/jobs", files={"file": TEXT.encode()}, headers={"Idempotency-Key": "form"}) for _ in range(2)]
    assert files[0].json()["id"] == files[1].json()["id"]
    here.engine.let.release()
    finished(here, files[0].json()["id"])
    assert problem(send(here, TWO, **key), 422) == "key-taken"
    assert problem(send(here, **{"Idempotency-Key": "x" * 256}), 422) == "invalid-request"


def test_more_jobs_than_may_wait_are_refused_with_a_time(here):
    names = [taken(here, THREE)]
    until(lambda: look(here, names[0])["state"] == "running")
    names += [taken(here, THREE) for _ in range(3)]
    full = send(here)
    assert problem(full, 503) == "queue-full"
    assert int(full.headers["retry-after"]) >= 1
    for name in names:
        cancel(here, name)


def test_a_request_is_answered_while_jobs_wait(here):
    names = [taken(here, THREE) for _ in range(2)]
    until(lambda: look(here, names[0])["state"] == "running")
    before = here.engine.began
    with ThreadPoolExecutor() as pool:
        request = pool.submit(CLIENT.post, f"{here.address}/v1/summaries", json=ONE)
        until(lambda: here.engine.began > before)
        here.engine.let.release(4)
        assert request.result().status_code == 200
    for name in names:
        cancel(here, name)
    while here.engine.let.acquire(blocking=False):
        pass


def test_where_jobs_cannot_be_kept_they_are_refused_and_requests_are_answered(tmp_path):
    (tmp_path / "file").touch()
    with served(jobs_dir=tmp_path / "file") as server:
        assert problem(send(server), 503) == "no-jobs"
        server.engine.let.release()
        assert CLIENT.post(f"{server.address}/v1/summaries", json=ONE).status_code == 200


# ---------------------------------------------------------------------- deadlines


def test_at_the_deadline_what_was_read_comes_back_and_says_that_it_is_not_all(here):
    here.engine.let.release(2)
    answer = CLIENT.post(f"{here.address}/v1/summaries", json={**THREE, "deadline_s": 1.0})
    assert answer.status_code == 200
    told = answer.json()
    assert told["partial"] is True
    assert [(line["outcome"], line["reason"]) for line in told["ledger"]][2] == ("failed", "not read before the deadline")
    assert [line["outcome"] for line in told["ledger"][:2]] == ["used", "used"]
    assert {citation["article"] for fact in told["summary"]["defendants"] for citation in fact["citations"]} == {"a1", "a2"}


def test_a_deadline_before_an_article_was_read_is_told_so(here):
    assert problem(CLIENT.post(f"{here.address}/v1/summaries", json={**ONE, "deadline_s": 0.3}), 504) == "deadline"
    failed = finished(here, taken(here, {**ONE, "deadline_s": 0.3}))
    assert failed["problem"]["type"].endswith("deadline")


def test_what_cannot_be_done_in_time_is_refused_before_a_word_is_read_with_the_time_that_it_takes(tmp_path):
    with served(jobs_dir=tmp_path) as server:
        server.desk.speed = Speed()
        server.desk.speed.measured(1000, timings(1.0))
        long = {"articles": [{"text": TEXT + " It rained." * 2000}], "deadline_s": 10}
        refused = CLIENT.post(f"{server.address}/v1/summaries", json=long)
        assert problem(refused, 422) == "cannot-be-done-in-time"
        assert 20 <= refused.json()["seconds_needed"] <= 25
        failed = finished(server, taken(server, long))
        assert failed["problem"]["seconds_needed"] == refused.json()["seconds_needed"]


def timings(prefill_s: float) -> Timings:
    return Timings(queued_s=0, reading_s=0, prefill_s=prefill_s, decode_s=0, total_s=0, prompt_tokens=1, prompt_tokens_reused=0, output_tokens=0)


def test_the_speed_is_that_of_the_last_jobs_and_refuses_nothing_that_the_best_of_them_could_do():
    speed = Speed()
    speed.check(10**9, 0.1)  # nothing is known
    assert speed.seconds(100) is None
    assert Speed(100.0).seconds(1000) == 10
    for read, seconds in ((1000, 1.0), (1000, 4.0)):
        speed.measured(read, timings(seconds))
    assert speed.seconds(4000) == 10
    speed.check(4000, 4.1)
    with pytest.raises(Problem, match=r"takes about 10 s on this machine, and the deadline is 3\.9 s"):
        speed.check(4000, 3.9)


# ---------------------------------------------------------------------- the desk


def served_order(concurrency: int, lines: list[str]) -> list[str]:
    """The lines in the order in which they were served, all waiting behind one request that fills the desk."""
    order: list[str] = []

    async def stays() -> bool:
        return False

    async def run() -> None:
        desk, full = Desk(concurrency, 99, 1), threading.Event()
        blocking = [asyncio.create_task(desk.run(lambda turn: full.wait(), HANG_S, stays)) for _ in range(concurrency)]
        await asyncio.sleep(0)
        tasks = []
        for line in lines:
            tasks.append(asyncio.create_task(desk.run(lambda turn, line=line: order.append(line), HANG_S, stays, line)))
            await asyncio.sleep(0)
        full.set()
        await asyncio.gather(*blocking, *tasks)

    asyncio.run(run())
    return order


def test_jobs_and_requests_take_turns_where_both_wait():
    assert served_order(1, ["jobs"] * 4 + ["requests"] * 2) == ["jobs", "requests", "jobs", "requests", "jobs", "jobs"]


def test_the_time_to_come_again_counts_the_requests_before_in_the_places_that_jobs_leave():
    async def stays() -> bool:
        return False

    async def told(jobs: int) -> int:
        desk, full = Desk(3, 0, 1), threading.Event()
        desk._took["requests"].extend([6.0] * 9)
        running = [asyncio.create_task(desk.run(lambda turn: full.wait(), HANG_S, stays, line)) for line in ["jobs"] * jobs + ["requests"] * (3 - jobs)]
        await asyncio.sleep(0.01)
        try:
            await desk.run(lambda turn: None, HANG_S, stays)
        except Problem as refused:
            return int(refused.headers["Retry-After"])
        finally:
            full.set()
            await asyncio.gather(*running)
        raise AssertionError("nobody was refused")

    assert [asyncio.run(told(jobs)) for jobs in (0, 1, 2)] == [6, 6, 6]


# ---------------------------------------------------------------------- telling of the end


@contextmanager
def listener(*answers: tuple[int, dict[str, str]]) -> Iterator[SimpleNamespace]:
    """A server that gives these answers and then 204; ``heard`` are the messages, with what it was asked at ``paths``."""
    heard, paths, queued = [], [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            paths.append(self.path)
            status, headers = queued.pop(0) if queued else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_port}/done", heard=heard, paths=paths)
        server.shutdown()


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = hmac.new(base64.b64decode(SECRET.removeprefix("whsec_")), told, hashlib.sha256).digest()
    return headers["webhook-signature"] == "v1," + base64.b64encode(wanted).decode()


def test_the_end_of_a_job_is_told_once_signed_and_without_a_word_of_it(here):
    with listener() as other:
        done, cancelled = taken(here, **{"Webhook-URL": other.address}), taken(here, TWO, **{"Webhook-URL": other.address})
        cancel(here, cancelled)
        here.engine.let.release()
        until(lambda: len(other.heard) == 2)
        for headers, body in other.heard:
            assert is_signed(headers, body)
            assert not is_signed(headers, body + b" ")
            assert abs(int(headers["webhook-timestamp"]) - time.time()) < HANG_S
            assert b"Norvane" not in body
        told = {headers["webhook-id"]: json.loads(body) for headers, body in other.heard}
        assert [(told[name]["job"], told[name]["type"]) for name in (done, cancelled)] == [(done, "job.done"), (cancelled, "job.cancelled")]
        taken_back = taken(here)
        cancel(here, taken_back)
        assert len(other.heard) == 2


def delivered(address: str) -> tuple[bool, list[float]]:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    return asyncio.run(webhook.deliver(address, key, "job_1", b"{}", time.time, sleep)), waits


def test_who_does_not_take_the_news_is_asked_again_later_and_later_and_not_for_ever():
    with listener(*[(500, {})] * 2) as other:
        assert delivered(other.address) == (True, [2, 4])
    with listener(*[(503, {})] * 99) as other:
        told, waits = delivered(other.address)
        assert (told, len(other.heard), len(waits)) == (False, webhook.TRIES, webhook.TRIES - 1)
        assert waits == sorted(waits)


def test_no_redirect_is_followed():
    with listener() as elsewhere, listener((307, {"Location": elsewhere.address})) as other:
        assert delivered(other.address)[0]
        assert (len(other.heard), elsewhere.heard) == (2, [])


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com/",
        "http://me:secret@localhost/",
        "http://localhost@example.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://news.example.org.evil.com/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "localhost",
        "http://",
        "http://localhost:port/",
        "http://localhost/#part",
        "http://localhost/" + "a" * 2000,
    ],
)
def test_nobody_but_this_machine_and_hosts_that_were_listed_is_told(address):
    with pytest.raises(ValueError, match=r"must|is no address|neither"):
        webhook.checked(address, {"news.example.org"})


@pytest.mark.parametrize(
    "address", ["http://localhost:1/", "https://127.0.0.1/a?b=c", "http://127.9.9.9/", "http://[::1]:80/", "https://News.Example.org/done"]
)
def test_this_machine_and_listed_hosts_may_be_told(address):
    assert webhook.checked(address, {"news.example.org"}) == address


def test_a_webhook_that_may_not_be_called_is_refused_with_the_job(here, tmp_path):
    for address in ("http://example.com/", ""):
        assert problem(send(here, **{"Webhook-URL": address}), 422) == "invalid-request"
    with served(jobs_dir=tmp_path) as server:
        assert "CASEBRIEF_WEBHOOK_SECRET is not set" in send(server, **{"Webhook-URL": "http://localhost:1/"}).json()["detail"]


@pytest.mark.parametrize("secret", ["short", "whsec_!!!", "whsec_" + base64.b64encode(b"short").decode(), base64.b64encode(b"a" * 32).decode()])
def test_a_secret_that_signs_nothing_well_is_refused(secret):
    with pytest.raises(ValidationError, match="at least 24 bytes as base64"):
        Settings(webhook_secret=secret)


# ---------------------------------------------------------------------- the product itself

LONG = {"articles": [{"text": f"The lawsuit says that Norvane Home Inc sold pumps that fail in the rain of {town}. " * 120} for town in ("Lima", "Bonn")]}


@pytest.mark.model
def test_after_a_kill_jobs_go_on_and_each_is_done_once(tmp_path):
    """Killed while the first of two is read; the next server does both, and answers as to a request."""
    with running_server(CASEBRIEF_JOBS_DIR=str(tmp_path), CASEBRIEF_CONCURRENCY="1") as (address, process):
        server = SimpleNamespace(address=address)
        first, second = taken(server, LONG), taken(server, as_request(example.articles()))
        until(lambda: look(server, first)["state"] == "running")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running_server(CASEBRIEF_JOBS_DIR=str(tmp_path), CASEBRIEF_CONCURRENCY="1") as (address, _):
        server = SimpleNamespace(address=address)
        assert [finished(server, name)["state"] for name in (first, second)] == ["done", "done"]
        kinds = [[event["kind"] for event in events(server, name) if event["kind"] != "progress"] for name in (first, second)]
        assert kinds == [["queued", "started", "started", "done"], ["queued", "started", "done"]]
        direct = CLIENT.post(f"{address}/v1/summaries", json=as_request(example.articles())).json()
        assert without_clock(look(server, second)["result"]) == without_clock(direct)
