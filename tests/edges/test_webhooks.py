"""Telling of a job's end: once, signed, without a word of it, and nobody but whom the operator trusts."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from casebrief.service.edges.settings import Settings
from casebrief.service.jobs import webhook
from conftest import HANG_S, until
from gated import SECRET, TWO, cancel, problem, send, served, taken
from pydantic import ValidationError


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
