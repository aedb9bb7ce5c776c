"""Strangers at the door: other sites' pages, wrong names, bodies that are slow, huge or made to hurt."""

import asyncio
import datetime
import json
import socket
import time
from contextlib import suppress

import httpx
import pytest
from asking import SUMMARIES, answers, ask, is_problem, listening
from casebrief.service.edges.desk import RECENT, retry_after
from casebrief.service.edges.http import create_app
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.requests import decode_json, of_document, parse_date
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief
from conftest import HANG_S, until

GOOD = {"articles": [{"text": "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers."}]}


# ------------------------------------------------------------------ whose server, and whose page


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:8000", "[::1]:8000", "[::1]"])
def test_the_names_of_this_machine_are_answered(wired, host):
    assert ask(wired, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example.com", "evil.example.com:8000", "localhost.evil.com", "127.0.0.1.nip.io", "10.0.0.1", "[::2]", "", "localhost:x"]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/v1/models"), ("POST", SUMMARIES), ("GET", "/nothing")])
def test_another_name_is_answered_nothing(wired, method, path, host):
    is_problem(ask(wired, method, path, headers={"Host": host}, json=GOOD), 421, "no name of this server")


def test_the_name_that_it_is_bound_to_is_its_own(wired):
    bound = Casebrief(**{**vars(wired), "settings": wired.settings.model_copy(update={"host": "127.0.0.2"})})
    assert ask(bound, headers={"Host": "127.0.0.2:8000"}).status_code == 200
    assert ask(wired, headers={"Host": "127.0.0.2:8000"}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example.com", "null", "https://localhost", "http://localhost:9000", "http://localhost:8000.evil.com", ""])
def test_a_page_of_another_site_can_start_nothing(wired, origin):
    for site in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        for options in ({"json": GOOD}, {"files": {"file": b"A story."}}):
            is_problem(ask(wired, "POST", SUMMARIES, headers={"Origin": origin, **site}, **options), 403, "may not use this server")


def test_its_own_page_and_clients_that_are_no_pages_may(wired):
    for headers in ({"Origin": "http://localhost:8000"}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {}):
        is_problem(ask(wired, "POST", SUMMARIES, headers=headers, json={}), 422, "/articles")


def test_no_page_of_another_origin_is_told_that_it_may_read(wired):
    asked = {"Origin": "http://evil.example.com", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for response in (ask(wired, "OPTIONS", SUMMARIES, headers=asked), ask(wired, path="/v1/models", headers=asked)):
        assert not [name for name in response.headers if name.startswith("access-control")]
    assert ask(wired, "OPTIONS", SUMMARIES, headers=asked).status_code == 405


# ------------------------------------------------------------------ bodies


def objects(count: int, keys: int) -> bytes:
    return json.dumps([{f"k{number}": number for number in range(keys)} for _ in range(count)]).encode()


SHAPES = {
    "one object of distinct keys": lambda size: objects(1, size),
    "one object of one key": lambda size: b"{" + b",".join([b'"k":1'] * size) + b"}",
    "many objects": lambda size: objects(size // 32, 32),
    "one number": lambda size: b"[" + b"1" * (8 * size) + b"]",
    "many numbers": lambda size: b"[" + b",".join([b"1" * 9] * size) + b"]",
    "escapes": lambda size: b'["' + rb"\ud83d\ude00" * size + b'"]',
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_body_is_parsed_in_time_linear_in_its_size(shape):
    """Eight times the size costs about eight times as much; by a quadratic way it would be 64 times."""

    def cost(body: bytes) -> float:
        def once() -> float:
            began = time.process_time()
            with suppress(Problem):
                of_document(decode_json(body), Settings())
            return time.process_time() - began

        return min(once() for _ in range(5))

    assert cost(SHAPES[shape](160_000)) < 24 * cost(SHAPES[shape](20_000)) + 0.01


def test_20000_keys_are_refused_with_a_short_answer(wired):
    response = ask(wired, "POST", SUMMARIES, content=objects(1, 20_000)[1:-1], headers={"Content-Type": "application/json"})
    is_problem(response, 422, "20000 keys")
    assert len(response.content) < 1000


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"articles":[{"text":[' + b"{}," * 3_000_000 + b"{}]}]}"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"\r\n-" * 3_000_000 + b"\r\n--x--\r\n",
        ),
    ],
)
def test_others_are_served_while_a_body_is_parsed(wired, kind, body):
    """Measured by the longest time in which the loop did nothing, as a share of the request's."""

    async def longest_pause() -> tuple[float, float]:
        pauses = []
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(wired)), base_url="http://localhost") as client:
            began = last = time.monotonic()
            request = asyncio.create_task(client.post(SUMMARIES, content=body, headers={"Content-Type": kind}))
            while not request.done():
                await asyncio.sleep(0.005)
                pauses.append(time.monotonic() - last)
                last = time.monotonic()
            assert (await request).status_code in (413, 422)
        return max(pauses), time.monotonic() - began

    pause, whole = asyncio.run(longest_pause())
    assert pause < whole / 2


def test_a_byte_order_mark_is_passed_over(wired):
    for body in (b"\xef\xbb\xbf{}", "\ufeff{}".encode()):
        is_problem(ask(wired, "POST", SUMMARIES, content=body, headers={"Content-Type": "application/json"}), 422, "/articles: Field required")


@pytest.mark.parametrize("packed", ["gzip", "br", "deflate, gzip"])
def test_a_compressed_body_is_told_so(wired, packed):
    response = ask(wired, "POST", SUMMARIES, content=b"\x1f\x8b", headers={"Content-Type": "application/json", "Content-Encoding": packed})
    is_problem(response, 415, "send the body as it is")
    assert response.headers["accept-encoding"] == "identity"


def test_a_number_of_many_digits_is_told_in_words_of_the_request(wired):
    response = ask(wired, "POST", SUMMARIES, content=b'{"deadline_s": ' + b"9" * 5000 + b"}", headers={"Content-Type": "application/json"})
    is_problem(response, 400, "a number has 5000 digits")


@pytest.mark.parametrize("value", ["2025-03-06T10:00:00Z", "2025-03-06T23:30:00-08:00", "2025-03-06T00:00:00.123456+05:30", "2025-03-06T10:00", "2025-03-06"])
def test_of_a_time_the_day_is_taken_as_it_is_written(value):
    assert parse_date(value) == datetime.date(2025, 3, 6)


def test_a_day_to_come_is_taken():
    assert parse_date("2199-12-31") == datetime.date(2199, 12, 31)


@pytest.mark.parametrize(
    "value", ["2025-03-06T", "2025-03-06T24:00:00Z", "2025-03-06T10:00:00+2", "2025-03-06 10:00", "2025-02-30T10:00:00Z", "٢٠٢٥-٠٣-٠٦", 20250306]
)
def test_what_is_no_day_is_refused(value):
    with pytest.raises(ValueError, match="day"):
        parse_date(value)


# ------------------------------------------------------------------ connections


def connect(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)))
    client.settimeout(HANG_S)
    return client


HEAD = b"POST /v1/summaries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


def told_until_closed(client: socket.socket) -> bytes:
    told = b""
    while part := client.recv(65536):
        told += part
    return told


@pytest.mark.slow
def test_who_sends_too_slowly_is_cut_and_others_are_served(tmp_path):
    with listening(tmp_path / "log", CASEBRIEF_RECEIVE_S="1") as address:
        silent, half_a_head, half_a_body, refused_in_the_middle = (connect(address) for _ in range(4))
        half_a_head.sendall(HEAD[:40])
        half_a_body.sendall(HEAD + b'{"articles": ')
        refused_in_the_middle.sendall(HEAD.replace(b"application/json", b"text/plain") + b"half")
        assert answers(address)
        assert told_until_closed(silent) == told_until_closed(half_a_head) == b""
        assert told_until_closed(half_a_body).startswith(b"HTTP/1.1 408 ")
        assert told_until_closed(refused_in_the_middle).startswith(b"HTTP/1.1 415 ")
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_what_is_limited_is_a_requests_time_and_neither_a_connections_nor_a_bytes(tmp_path):
    with listening(tmp_path / "log", CASEBRIEF_RECEIVE_S="3") as address, connect(address) as client:
        for _ in range(6):
            time.sleep(0.8)
            client.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 405 ")
        with suppress(OSError):
            for _ in range(10 * HANG_S):
                client.sendall(b"G")
                time.sleep(0.1)
            pytest.fail("a byte now and then kept the connection")


@pytest.mark.slow
def test_a_client_that_leaves_while_it_sends_leaves_no_trace(tmp_path):
    with listening(tmp_path / "log") as address:
        for sent in (b"", HEAD[:30], HEAD, HEAD + b'{"articles": [{"text": "Secret words'):
            with connect(address) as client:
                client.sendall(sent)
        with connect(address) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # leaves with a reset
            client.sendall(HEAD + b'{"articles": ')
        assert answers(address)
    told = (tmp_path / "log").read_text()
    assert "Traceback" not in told
    assert "ERROR" not in told


@pytest.mark.model
@pytest.mark.slow
def test_no_word_of_an_article_comes_into_the_log(tmp_path):
    bodies = [
        {"articles": [{"text": "Zanzibark Inc was sued on Tuesday in federal court in Oakland, California, by customers.", "title": "Zanzibark"}]},
        {"articles": [{"text": "Zanzibark", "Zanzibark": "Zanzibark"}]},
        {"articles": [{"html": "<p>Zanzibark"}]},
        {"articles": [{"text": "Zanzibark" * 100_000}]},
    ]
    with listening(tmp_path / "log") as logged:
        until(lambda: httpx.get(f"{logged}/readyz", timeout=HANG_S).status_code == 200)
        statuses = [httpx.post(logged + SUMMARIES, json=body, timeout=HANG_S).status_code for body in bodies]
    assert statuses == [200, 422, 422, 413]
    told = (tmp_path / "log").read_text()
    assert "POST /v1/summaries" in told
    assert "Zanzibark" not in told


# ------------------------------------------------------------------ the queue


def test_when_to_come_again_is_told_by_the_last_jobs_not_by_one_long_one():
    assert retry_after([128.0, *[3.0] * (RECENT - 1)], 3) == 9
    assert retry_after([3.0] * 4 + [20.0] * 5, 3) == 60
    assert retry_after([0.01], 0.25) == 1
