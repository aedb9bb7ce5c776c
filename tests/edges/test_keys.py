"""Keys: without one nothing is told, what is not quite one is none, and other machines are served with one alone."""

import hashlib
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from asking import SUMMARIES, ask, guarded, is_problem, listening
from casebrief.service.edges.gate import GUARDED
from casebrief.service.edges.http import create_app
from casebrief.service.edges.keys import Keys, KeysFault
from commanded import commanded


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


# ------------------------------------------------------------------ keys


def test_without_a_key_nothing_of_the_api_is_told(wired, keys):
    keys.add("me")
    product = guarded(wired, keys._path)
    paths = [path for path in create_app(product).openapi()["paths"] if path.startswith(GUARDED)]
    assert SUMMARIES in paths
    for path in paths:
        for method in ("GET", "POST", "DELETE"):
            response = ask(product, method, path.replace("{", "").replace("}", ""))
            is_problem(response, 401, "casebrief keys add")
            assert response.headers["www-authenticate"] == 'Bearer realm="casebrief"'


def test_without_a_key_health_and_readiness_tell_one_word_and_the_version(wired, keys):
    key = keys.add("me")
    product = guarded(wired, keys._path)
    assert set(ask(product).json()) == {"status", "version"}
    assert ask(product, path="/readyz").json() == {"status": "starting"}
    known = ask(product, path="/readyz", headers={"Authorization": f"Bearer {key}"}).json()
    assert set(known) == {"status", "model", "waiting", "notes", "engine"}
    assert ask(product, path="/openapi.json").status_code == 200


def test_who_shows_a_key_is_let_in_by_any_name(wired, keys):
    key = keys.add("me")
    product = guarded(wired, keys._path)
    for scheme in ("Bearer", "bearer"):
        headers = {"Authorization": f"{scheme} {key}", "Host": "brief.example.com", "Origin": "https://brief.example.com"}
        is_problem(ask(product, "POST", SUMMARIES, headers=headers, json={}), 422, "/articles")


def test_what_is_not_quite_a_key_is_none(wired, keys):
    key = keys.add("me")
    product = guarded(wired, keys._path)
    digest = hashlib.sha256(key.encode()).hexdigest()
    for shown in (
        "",
        key,
        f"Basic {key}",
        "Bearer",
        "Bearer ",
        f"Bearer {key[:-1]}",
        f"Bearer {key}x",
        f"Bearer {key.upper()}",
        f"Bearer {digest}",
        "Bearer é",
    ):
        assert ask(product, path="/v1/schema", headers={"Authorization": shown.encode("latin-1")}).status_code == 401, shown


def test_what_is_added_and_removed_holds_at_once(wired, keys):
    product = guarded(wired, keys._path)
    mine, hers = keys.add("me"), keys.add("her")

    def status(key: str) -> int:
        return ask(product, path="/v1/schema", headers={"Authorization": f"Bearer {key}"}).status_code

    assert (status(mine), status(hers)) == (200, 200)
    keys.remove("me")
    assert (status(mine), status(hers)) == (401, 200)


@pytest.mark.parametrize("content", [None, b"", b"me 12\n", b"\xff\xfe"])
def test_a_file_without_a_key_that_can_be_read_lets_nobody_in(wired, keys, content):
    key = keys.add("me")
    keys._path.unlink()
    if content is not None:
        keys._path.write_bytes(content)
    assert ask(guarded(wired, keys._path), path="/v1/schema", headers={"Authorization": f"Bearer {key}"}).status_code == 401


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX's")
def test_a_key_is_kept_as_its_sum_alone_for_its_owner_alone(keys):
    shown = [keys.add("me"), keys.add("her")]
    assert keys._path.read_text() == "".join(
        f"{name} {hashlib.sha256(key.encode()).hexdigest()}\n" for name, key in sorted(zip(("me", "her"), shown, strict=True))
    )
    assert stat.S_IMODE(keys._path.stat().st_mode) == 0o600
    assert [path.name for path in keys._path.parent.iterdir()] == ["keys"]
    assert len(set(shown)) == 2
    assert min(map(len, shown)) > 40


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "é", "x" * 65])
def test_a_name_that_would_break_the_file_is_refused(keys, name):
    with pytest.raises(KeysFault, match="no name for a key"):
        keys.add(name)
    assert not keys._path.exists()


def refused(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_keys_by_the_command_line(tmp_path):
    file = tmp_path / "kept" / "keys"
    environment = {"CASEBRIEF_API_KEYS_FILE": str(file)}
    added = commanded("keys", "add", "me", **environment)
    assert Keys(file).know(added.stdout.strip())
    assert commanded("keys", "list", **environment).stdout == "me\n"
    refused(commanded("keys", "add", "me", **environment), "me has a key")
    refused(commanded("keys", "remove", "her", **environment), "'her' has no key; those who have one: me")
    assert commanded("keys", "remove", "me", **environment).returncode == 0
    assert not Keys(file).know(added.stdout.strip())
    refused(commanded("keys", "list"), "set CASEBRIEF_API_KEYS_FILE")
    file.write_text("me\n")
    refused(commanded("keys", "list", **environment), "line 1: a name, a space and the SHA-256 of a key were expected")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "example.com", ""])
def test_other_machines_are_not_served_without_a_key(tmp_path, host):
    refused(commanded("serve", "--host", host), "there is no key")
    refused(commanded("serve", "--host", host, CASEBRIEF_API_KEYS_FILE=str(tmp_path / "none")), "there is no key")


@pytest.mark.slow
def test_other_machines_are_served_with_one(tmp_path):
    key = Keys(tmp_path / "keys").add("me")
    with listening(tmp_path / "log", CASEBRIEF_HOST="0.0.0.0", CASEBRIEF_API_KEYS_FILE=str(tmp_path / "keys")) as address:
        assert httpx.get(f"{address}/v1/schema").status_code == 401
        assert httpx.get(f"{address}/v1/schema", headers={"Authorization": f"Bearer {key}", "Host": "brief.lan"}).status_code == 200
    assert key not in (tmp_path / "log").read_text()
