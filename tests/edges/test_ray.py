"""On Ray: batches over a cluster of several nodes on this machine, whose workers are killed; the service as replicas. All in processes of their own, as users have it."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from casebrief.service import example
from conftest import HANG_S, free_port, spent, until, without_clock

pytestmark = [
    pytest.mark.skipif(not all(map(importlib.util.find_spec, ("ray", "grpc", "pyarrow"))), reason='Ray is not installed here: pip install "casebrief[ray]"'),
    pytest.mark.model,
    pytest.mark.slow,
]

UNHURRIED = {f"RAY_SERVE_PROXY_{check}_TIMEOUT_S": str(HANG_S) for check in ("READY_CHECK", "HEALTH_CHECK")}
"""Ray Serve gives its proxies five seconds to start: too little on a busy machine, which would start them for ever."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "0" * 64,
    "CASEBRIEF_CACHE_MB": "0",
    "OMP_WAIT_POLICY": "PASSIVE",
    "RAY_SERVE_PROXY_PREFER_LOCAL_NODE_ROUTING": "0",  # as docs/batch.md says: replicas of other nodes would wait until this one's is full
} | UNHURRIED
TEXT = "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers."


@contextmanager
def process(*command: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with all that it has started."""
    with log.open("wb") as stream, subprocess.Popen(command, env={**os.environ, **QUIET, **environment}, stdout=stream, stderr=stream) as started:
        try:
            yield started
        finally:
            family = [*(psutil.Process(started.pid).children(recursive=True) if started.poll() is None else ()), started]
            for one in family:
                one.terminate()
            _, alive = psutil.wait_procs(family[:-1], timeout=10)
            for one in (*alive, started):
                one.kill()


def ray(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ray.scripts.scripts", *arguments]


@contextmanager
def node(log: Path, *arguments: str) -> Iterator[None]:
    """A node with a processor. Ray gives it half a minute to start, which a busy machine may need more than once."""
    command = ray("start", *arguments, "--num-cpus=1", "--disable-usage-stats", "--block")
    for _ in range(10):
        with process(*command, log=log) as started:
            until(lambda started=started: started.poll() is not None or b"will now block" in log.read_bytes())
            if started.poll() is None:
                yield
                return
    pytest.fail(log.read_text())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[str]:
    """The address of a cluster of two nodes with a processor each: each in processes of its own, all on this machine."""
    folder, port = tmp_path_factory.mktemp("cluster"), free_port()
    head = node(folder / "head", "--head", f"--port={port}", "--include-dashboard=false")
    with head, node(folder / "node", f"--address=127.0.0.1:{port}"):
        yield f"127.0.0.1:{port}"


def batch(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "casebrief.evals.cli", "batch", *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, **QUIET, **environment}, capture_output=True, text=True, timeout=HANG_S, check=False)


def told(out: Path) -> list[dict]:
    content = out.read_bytes() if out.exists() else b""
    return [json.loads(one) for one in content[: content.rfind(b"\n") + 1].splitlines()]


def without_clocks(out: Path) -> list[object]:
    return [one.get("error") or without_clock(one["response"]) for one in told(out)]


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> Path:
    """Eight cases, and a line that is none."""
    articles = [article.text for article in example.articles()]
    lines = [json.dumps({"id": f"case {n}", "articles": [{"text": articles[n % 3].replace("Norvane", f"Norvane{'x' * n}")}]}) for n in range(8)]
    path = tmp_path_factory.mktemp("cases") / "cases.jsonl"
    path.write_text("\n".join([*lines[:2], "no case", *lines[2:]]) + "\n")
    return path


@pytest.fixture(scope="module")
def plain(cases) -> Path:
    """What comes of them without Ray."""
    out = cases.with_name("plain.jsonl")
    assert batch(cases, "--out", out).returncode == 1
    return out


def workers() -> list[psutil.Process]:
    """The actors that hold an engine each."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        title = " ".join(one.info["cmdline"] or ())
        if title.startswith("ray::") and "Reading" in title:
            found.append(one)
    return found


def test_a_worker_that_is_killed_costs_a_retry_and_no_line(cluster, cases, plain, tmp_path):
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    with process(sys.executable, "-m", "casebrief.evals.cli", "batch", str(cases), "--out", str(out), "--ray", cluster, log=log) as running:
        until(lambda: running.poll() is not None or told(out))
        victims = workers()
        assert running.poll() is None, log.read_text()
        assert len(victims) >= 1
        victims[0].kill()
        assert running.wait(HANG_S) == 1, log.read_text()
    assert [one["line"] for one in told(out)] == list(range(1, 10))
    assert without_clocks(out) == without_clocks(plain)


def test_a_batch_on_ray_that_is_killed_goes_on_without_it_and_the_other_way_round(cluster, cases, plain, tmp_path):
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    with process(sys.executable, "-m", "casebrief.evals.cli", "batch", str(cases), "--out", str(out), "--ray", cluster, log=log) as running:
        until(lambda: running.poll() is not None or told(out))
        running.send_signal(signal.SIGKILL)
        running.wait()
    stood = told(out)
    assert 0 < len(stood) < 9
    short = tmp_path / "short.jsonl"
    short.write_text("".join(cases.read_text().splitlines(keepends=True)[: stood[-1]["line"] + 1]))
    assert batch(short, "--out", out).returncode in (0, 1)
    assert batch(cases, "--out", out, "--ray", cluster).returncode == 1
    assert told(out)[: len(stood)] == stood
    assert [one["line"] for one in told(out)] == list(range(1, 10))
    assert without_clocks(out) == without_clocks(plain)
    assert told(out)[-1]["checkpoint"] == told(plain)[-1]["checkpoint"]


def test_machines_without_the_model_end_the_batch_with_the_reason(cluster, cases, tmp_path):
    ended = batch(cases, "--out", tmp_path / "out.jsonl", "--ray", cluster, CASEBRIEF_MODEL="/nowhere/model.gguf")
    assert ended.returncode == 3, ended.stderr
    assert "/nowhere/model.gguf" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:1", "no cluster answered"),
        ("HTTP", "no cluster answered"),
        ("ray://127.0.0.1:10001", "Ray's client is not used"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_line_on_what_to_do(cases, tmp_path, address, words):
    """HTTP is something else that listens, and answers in another protocol."""
    port = free_port()
    with process(sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", log=tmp_path / "log"):
        ended = batch(cases, "--out", tmp_path / "out.jsonl", "--ray", f"127.0.0.1:{port}" if address == "HTTP" else address)
    assert ended.returncode == 2, ended.stderr
    assert words in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("casebrief: --ray")
    assert not told(tmp_path / "out.jsonl")


# ---------------------------------------------------------------------- the service


@pytest.fixture(scope="module")
def service(cluster, tmp_path_factory) -> Iterator[str]:
    """The address of the service on the cluster, up to two replicas of a processor each."""
    folder, port = tmp_path_factory.mktemp("serve"), free_port()
    named = {"name": "casebrief", "route_prefix": "/", "import_path": "casebrief.service.edges.ray_serve:app"}
    told = {"max_replicas": 2, "threads": 1, "here_only": True}
    configuration = {"proxy_location": "HeadOnly", "http_options": {"host": "127.0.0.1", "port": port}, "applications": [{**named, "args": told}]}
    (folder / "serve.yml").write_text(json.dumps(configuration))
    command = [sys.executable, "-m", "ray.serve.scripts", "run", "--address", cluster, str(folder / "serve.yml")]
    address = f"http://127.0.0.1:{port}"
    with process(*command, log=folder / "log", CASEBRIEF_DEADLINE_S=str(HANG_S)) as serving:

        def ready() -> bool:
            assert serving.poll() is None, (folder / "log").read_text()
            try:
                return httpx.get(f"{address}/readyz", timeout=HANG_S).status_code == 200
            except httpx.TransportError:
                return False

        until(ready)
        yield address


def post(address: str, body: object, **options) -> httpx.Response:
    return httpx.post(f"{address}/v1/summaries", json=body, timeout=HANG_S, **options)


def engine_of(address: str) -> int:
    return httpx.get(f"{address}/readyz", timeout=HANG_S).json()["engine"]["pid"]


def test_a_replica_answers_as_the_service_does(service):
    answer = post(service, {"articles": [{"text": TEXT}]})
    assert answer.status_code == 200
    assert answer.json()["summary"]["court"]["normalized"]["court_id"] == "cand"
    refused = post(service, {"articles": []})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert post(service, {"articles": [{"text": TEXT}]}, headers={"Host": "evil.example"}).status_code == 421


def test_a_deadline_is_passed_through(service):
    long = {"articles": [{"text": f"{TEXT} It is paragraph {n}.\n\n" * 900} for n in range(2)], "deadline_s": 0.5}
    answer = post(service, long)
    assert answer.status_code in (200, 422, 504), answer.text
    told = answer.json()
    assert told.get("partial") or told["type"].rpartition(":")[2] in ("cannot-be-done-in-time", "deadline")


def test_a_client_that_goes_away_ends_its_work(service):
    engine = engine_of(service)
    towns = ("Oakland", "Bonn", "Kyoto", "Lima")
    long = {"articles": [{"text": f"The lawsuit says that Norvane Home Inc sold pumps that fail in the rain of {town}. " * 800} for town in towns]}
    piece = {"articles": [{"text": long["articles"][0]["text"][: len(long["articles"][0]["text"]) // 40]}]}

    def cost_of(body: object) -> float:
        """Processor seconds of the engine until it has answered."""
        known = spent(engine)
        assert post(service, body).status_code == 200
        return spent(engine) - known

    cost_of(piece)
    cost, before = cost_of(piece), spent(engine)
    with pytest.raises(httpx.ReadTimeout):
        pytest.fail(httpx.post(f"{service}/v1/summaries", json=long, timeout=httpx.Timeout(HANG_S, read=2)).text)
    until(lambda: cost_of({"articles": [{"text": TEXT}]}) < 2 * cost)  # nothing else is worked on
    assert spent(engine) - before < 80 * cost, "half of the work of the client that left was done, and more"


def test_an_engine_and_a_replica_that_die_are_replaced(service):
    for victim in (psutil.Process(engine_of(service)), psutil.Process(engine_of(service)).parent()):
        engine = engine_of(service)
        assert victim is not None
        victim.kill()

        def answers(engine=engine) -> bool:
            try:
                answer = post(service, {"articles": [{"text": TEXT}]})
                return answer.status_code == 200 and engine_of(service) != engine
            except (httpx.TransportError, KeyError, TypeError, ValueError):
                return False

        until(answers)


def test_another_replica_is_started_while_requests_wait(service):
    """By Ray Serve's own autoscaling, up to the two that were allowed; each has an engine of its own. The last test: two stay for minutes."""
    long = {"articles": [{"text": f"{TEXT} It is paragraph {n}.\n\n" * 60} for n in range(3)]}
    engines = {engine_of(service)}

    def keep_busy() -> None:
        while len(engines) < 2:
            assert post(service, long).status_code in (200, 503)

    def both() -> bool:
        if pid := engine_of(service):  # none while it starts
            engines.add(pid)
        return len(engines) == 2

    with ThreadPoolExecutor(8) as clients:
        busy = [clients.submit(keep_busy) for _ in range(8)]
        try:
            until(both)
        finally:
            engines.update((0, -1))  # whatever became of it, the clients end
        for one in busy:
            one.result()
