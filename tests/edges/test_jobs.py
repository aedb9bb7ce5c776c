"""Jobs over HTTP: a real server around an engine that reads an article whenever the test lets it; and, for a restart, the product itself."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from casebrief.service import example
from casebrief.service.edges import jobs_http
from conftest import as_request, running_server, until, without_clock
from gated import CLIENT, FIRM, ONE, TEXT, THREE, TWO, cancel, events, finished, look, problem, send, served, taken
from prometheus_client.parser import text_string_to_metric_families

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


# ---------------------------------------------------------------------- the product itself

LONG = {"articles": [{"text": f"The lawsuit says that Norvane Home Inc sold pumps that fail in the rain of {town}. " * 120} for town in ("Lima", "Bonn")]}


@pytest.mark.model
@pytest.mark.slow
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
