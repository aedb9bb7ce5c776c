"""Signing in: a key entered once opens the pages of a server with keys to that browser, to no other site's page, and nothing of the API."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from asking import guarded, listening
from casebrief.service.edges import sessions
from casebrief.service.edges.http import create_app
from casebrief.service.edges.keys import Keys
from casebrief.service.edges.sessions import COOKIE, Sessions
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, wire
from conftest import HANG_S

PAGES = ("/", "/cases/norvane", "/cases/norvane/add", "/cases/norvane/facts/f1")
Told = Callable[[httpx.AsyncClient], Awaitable[None]]


@pytest.fixture(scope="module")
def wired() -> Casebrief:
    return wire(Settings())


@pytest.fixture
def keys(tmp_path) -> Keys:
    return Keys(tmp_path / "keys")


@pytest.fixture
def product(wired, keys) -> Casebrief:
    return guarded(wired, keys._path)


def browse(product: Casebrief, told: Told, base: str = "http://localhost:8000") -> None:
    """A browser's requests to one server: cookies are kept between them, redirects are not followed."""

    async def session() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(product)), base_url=base) as client:
            await told(client)

    asyncio.run(session())


def sign_in(client: httpx.AsyncClient, key: str, to: str = "/", **headers: str) -> Awaitable[httpx.Response]:
    return client.post("/sign-in", files={"key": (None, key), "to": (None, to)}, headers=headers)


def test_without_a_key_each_page_is_one_that_asks_for_it_and_tells_no_more(product, keys):
    keys.add("me")

    async def told(client: httpx.AsyncClient) -> None:
        for path in PAGES:
            for method in ("GET", "POST"):
                answer = await client.request(method, path)
                assert (answer.status_code, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")
                assert answer.headers["www-authenticate"] == 'Bearer realm="casebrief"'
                assert 'action="/sign-in"' in answer.text
                assert f'name="to" value="{path}"' in answer.text
                assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]

    browse(product, told)


@pytest.mark.parametrize(("base", "secure"), [("http://localhost:8000", False), ("https://brief.example.org", True)])
def test_a_key_opens_the_pages_to_one_browser_by_a_cookie_that_no_script_and_no_other_site_gets(product, keys, base, secure):
    key = keys.add("me")

    async def told(client: httpx.AsyncClient) -> None:
        answer = await sign_in(client, key, "/cases/norvane")
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases/norvane")
        name, _, attributes = answer.headers["set-cookie"].partition("=")
        assert name == COOKIE
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes.split("; "))
        assert ("Secure" in attributes.split("; ")) == secure
        assert "Max-Age" not in attributes, "it ends with the browser"
        assert key not in answer.headers["set-cookie"]
        assert "Sign out" in (await client.get("/")).text
        assert (await client.get("/cases/norvane")).json()["type"].endswith("no-such-case")
        assert (await client.post("/v1/page", files={"1-text": (None, "")})).status_code == 422
        assert set((await client.get("/readyz")).json()) > {"status"}

    browse(product, told, base)


def test_a_session_opens_nothing_of_the_api(product, keys):
    key = keys.add("me")

    async def told(client: httpx.AsyncClient) -> None:
        assert (await sign_in(client, key)).status_code == 303
        for method, path in (("POST", "/v1/summaries"), ("GET", "/v1/cases"), ("DELETE", "/v1/cases/norvane"), ("POST", "/v1/jobs"), ("GET", "/v1/pages")):
            assert (await client.request(method, path)).status_code == 401

    browse(product, told)


@pytest.mark.parametrize("origin", ["http://evil.example.com", "null", "http://localhost:9000", "https://localhost:8000.evil.com", ""])
def test_another_page_can_change_nothing_by_somebodys_session_nor_begin_one(product, keys, origin):
    """Not even one of the same host, to which the browser gives the cookie: ports are not told apart."""
    key = keys.add("me")

    async def told(client: httpx.AsyncClient) -> None:
        assert (await sign_in(client, key, Origin=origin)).status_code == 403
        assert not client.cookies
        assert (await sign_in(client, key, Origin="http://localhost:8000")).status_code == 303
        for path in ("/cases/norvane/facts", "/v1/page", "/v1/page/save", "/sign-out"):
            for site in ({}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}):
                answer = await client.post(path, files={"by": (None, "x")}, headers={"Origin": origin, **site})
                assert (answer.status_code, answer.json()["type"]) == (403, "urn:casebrief:problem:cross-site")
        assert (await client.get("/")).status_code == 200, "the session goes on"
        assert not [name for name in (await client.get("/", headers={"Origin": origin})).headers if name.startswith("access-control")]

    browse(product, told)


def test_it_ends_when_its_user_signs_out_or_its_key_is_removed_and_with_the_server(product, keys):
    key, hers = keys.add("me"), keys.add("her")
    kept: list[str] = []

    async def told(client: httpx.AsyncClient) -> None:
        await sign_in(client, key)
        token = client.cookies[COOKIE]
        assert (await client.post("/sign-out")).status_code == 303
        assert not client.cookies
        assert (await client.get("/", headers={"Cookie": f"{COOKIE}={token}"})).status_code == 401
        await sign_in(client, key)
        keys.remove("me")
        assert (await client.get("/")).status_code == 401
        keys.add("me")
        assert (await client.get("/")).status_code == 401, "another key of the same name is another key"
        await sign_in(client, hers)
        assert (await client.get("/")).status_code == 200
        kept.append(client.cookies[COOKIE])

    async def later(client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers={"Cookie": f"{COOKIE}={kept[0]}"})).status_code == 401

    browse(product, told)
    browse(product, later)


def test_a_session_that_is_silent_too_long_is_over_and_the_oldest_make_room(keys, monkeypatch):
    key, opened = keys.add("me"), Sessions(keys._path)
    monkeypatch.setattr(sessions, "MOST", 2)
    first, second = opened.begin(key), opened.begin(key)
    assert first
    assert second
    assert opened.know(first)
    third = opened.begin(key)
    assert third
    assert [opened.know(token) for token in (first, second, third)] == [True, False, True]
    monkeypatch.setattr(sessions, "IDLE_S", -1.0)
    assert not opened.know(first)
    monkeypatch.setattr(sessions, "IDLE_S", 60.0)
    assert not opened.know(first), "what is over stays over"


@pytest.mark.parametrize("shown", ["", "cb_", "{key}x", "{digest}"])
def test_what_is_no_key_opens_nothing_and_the_page_says_so(product, keys, shown):
    key = keys.add("me")

    async def told(client: httpx.AsyncClient) -> None:
        answer = await sign_in(client, shown.format(key=key, digest=keys._path.read_text().split()[1]), "/cases/norvane")
        assert answer.status_code == 401
        assert "This key is not known." in answer.text
        assert 'name="to" value="/cases/norvane"' in answer.text
        assert key not in answer.text
        assert not client.cookies

    browse(product, told)


@pytest.mark.parametrize(
    "to", ["https://evil.example.com", "//evil.example.com", "/\\evil.example.com", "/v1/cases", "/cases/x?y", "/cases/\r\nx", "cases/x", ""]
)
def test_signing_in_leads_to_pages_of_this_server_alone(product, keys, to):
    key = keys.add("me")

    async def told(client: httpx.AsyncClient) -> None:
        assert (await sign_in(client, key, to)).headers["location"] == "/"

    browse(product, told)


def test_a_long_form_is_not_read_of_who_has_no_key(product, keys):
    keys.add("me")

    async def told(client: httpx.AsyncClient) -> None:
        assert (await sign_in(client, "x" * 100_000)).status_code == 413

    browse(product, told)


def test_a_server_without_keys_has_no_sessions(wired):
    async def told(client: httpx.AsyncClient) -> None:
        assert (await sign_in(client, "x")).status_code == 404
        assert "Sign out" not in (await client.get("/")).text

    browse(wired, told)


@pytest.mark.slow
def test_neither_key_nor_session_comes_into_the_log(tmp_path, keys):
    key = keys.add("me")
    with listening(tmp_path / "log", CASEBRIEF_API_KEYS_FILE=str(keys._path)) as address, httpx.Client(base_url=address, timeout=HANG_S) as client:
        assert client.post("/sign-in", files={"key": (None, key)}).status_code == 303
        token = client.cookies[COOKIE]
        assert client.get("/").status_code == 200
    told = (tmp_path / "log").read_text()
    assert "POST /sign-in 303" in told
    assert key not in told
    assert token not in told
