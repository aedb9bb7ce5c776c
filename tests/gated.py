"""A real server around an engine that reads an article whenever the test lets it, and what a client asks it about jobs."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import uvicorn
from casebrief.models.engine import Labelling, Labellings, Mark, Place, Usage
from casebrief.models.errors import Cancelled, EngineDied, OutOfTime
from casebrief.models.fake import FakeEngine
from casebrief.service.edges.http import create_app
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, wire
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer
from conftest import HANG_S, free_port, until
from marking import HALF_SURE

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
