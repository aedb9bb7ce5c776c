"""Case files over HTTP: they grow, tell what changed, and are guarded against lost updates."""

import base64
import uuid

import httpx
import pytest
from casebrief.service import example
from conftest import HANG_S, without_clock

CASES = "/v1/cases"


def articles(*numbers: int) -> dict[str, list[dict[str, str]]]:
    told = example.articles()
    return {"articles": [{"text": told[n].text, "publisher": str(told[n].publisher), "published_on": str(told[n].published_on)} for n in numbers]}


@pytest.fixture
def client(server: str):
    with httpx.Client(base_url=server, timeout=HANG_S) as client:
        yield client


@pytest.fixture
def case(client: httpx.Client) -> str:
    name = f"case-{uuid.uuid4().hex}"
    made = client.post(CASES, json={"name": name})
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, f"/v1/cases/{name}", '"0"')
    return name


def refused(answer: httpx.Response, status: int, kind: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:casebrief:problem:{kind}"), answer.text


@pytest.mark.slow
def test_a_case_grows_by_requests_is_had_in_every_form_and_tells_what_changed_since_a_number(client: httpx.Client, server: str, case: str):
    first = client.post(f"{CASES}/{case}/articles", json=articles(0))
    assert (first.status_code, first.headers["etag"]) == (200, '"1"'), first.text
    page = {"articles": [{"file": base64.b64encode(example.articles()[1].text.encode("utf-16")).decode(), "id": "daily", "url": "https://daily.example/1"}]}
    second = client.post(f"{CASES}/{case}/articles", json=page, headers={"If-Match": '"1"'})
    told = second.json()
    assert (told["number"], told["since"], told["stored"], told["known"]) == (2, 1, ["daily"], [])
    assert {change["kind"] for change in told["changes"]} >= {"new", "confirmed"}
    assert all(change["citations"] for change in told["changes"])
    assert client.get(f"{CASES}/{case}/changes", params={"since": 1}).json()["changes"] == told["changes"]
    assert {change["kind"] for change in client.get(f"{CASES}/{case}/changes").json()["changes"]} <= {"new", "contradicted", "superseded"}
    assert client.post(f"{CASES}/{case}/articles", json=page).json() == {"number": 2, "since": 2, "stored": [], "known": ["daily"], "ledger": [], "changes": []}

    whole = client.get(f"{CASES}/{case}")
    assert (whole.json()["number"], whole.json()["articles"], whole.headers["etag"]) == (2, 2, '"2"')
    assert [(one["id"], [version["number"] for version in one["versions"]]) for one in whole.json()["history"]] == [("a1", [1]), ("daily", [2])]
    both = {"articles": [articles(0)["articles"][0] | {"id": "a1"}, *page["articles"]]}
    at_once = httpx.post(f"{server}/v1/summaries", json=both, timeout=HANG_S).json()
    assert without_clock(whole.json()["summary"]) == without_clock(at_once)
    for kind in ("text/markdown", "text/csv", "text/html", "application/x-ndjson"):
        shown = client.get(f"{CASES}/{case}", headers={"Accept": kind})
        assert (shown.status_code, shown.headers["content-type"].partition(";")[0]) == (200, kind)
    assert client.get(f"{CASES}/{case}", headers={"If-None-Match": '"2"'}).status_code == 304
    assert case in [one["name"] for one in client.get(CASES).json()]


def test_whoever_names_an_older_state_of_a_case_changes_nothing(client: httpx.Client, case: str):
    client.post(f"{CASES}/{case}/articles", json=articles(0))
    for stale in ('"0"', 'W/"1"', "nonsense"):
        refused(client.post(f"{CASES}/{case}/articles", json=articles(1), headers={"If-Match": stale}), 412, "case-changed")
        refused(client.delete(f"{CASES}/{case}", headers={"If-Match": stale}), 412, "case-changed")
    assert client.get(f"{CASES}/{case}").headers["etag"] == '"1"'
    assert client.delete(f"{CASES}/{case}", headers={"If-Match": '"1"'}).status_code == 204
    refused(client.get(f"{CASES}/{case}"), 404, "no-such-case")


def test_what_does_not_fit_is_a_problem_with_its_reason(client: httpx.Client, case: str):
    refused(client.post(CASES, json={"name": case.upper()}), 409, "case-exists")
    refused(client.post(CASES, json={"name": "a/b"}), 422, "bad-name")
    refused(client.post(CASES, json={"title": "x"}), 422, "invalid-request")
    refused(client.post(CASES, content=b"name", headers={"Content-Type": "text/plain"}), 415, "unsupported-media-type")
    refused(client.post(f"{CASES}/nobody/articles", json=articles(0)), 404, "no-such-case")
    refused(client.post(f"{CASES}/{case}/articles", json={"articles": []}), 422, "invalid-request")
    refused(client.get(f"{CASES}/{case}", headers={"Accept": "text/csv"}), 409, "empty-case")
    refused(client.get(f"{CASES}/{case}", headers={"Accept": "image/png"}), 406, "not-acceptable")
    for since in (7, -1, "now", 10**30):
        refused(client.get(f"{CASES}/{case}/changes", params={"since": since}), 422, "no-such-number")
    assert client.get(f"{CASES}/{case}").json()["summary"] is None
    assert client.get(f"{CASES}/{case}/changes").json() == {"number": 0, "since": 0, "changes": []}
    assert client.delete(f"{CASES}/{case}").status_code == 204
