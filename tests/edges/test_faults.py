"""Faults of the machine: no home, no user, folders that are read-only or full, outputs that are full or spell little; and weights that vanish."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from casebrief.service import example
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.stores import catalog_of
from casebrief.service.edges.wiring import loading
from commanded import commanded
from conftest import HANG_S, as_request, running_server, until
from faulting import SMALL_DISK, possible

COMMAND = [sys.executable, "-P", "-m", "casebrief.evals.cli"]
UNKNOWN_USER = ["unshare", "--user", "--map-user=12345"]
"""A user without a line in passwd, and without the rights of one."""
unknown_user = pytest.mark.skipif(not possible([*UNKNOWN_USER, "true"]), reason="this machine lets nobody be another user")
small_disk = pytest.mark.skipif(not possible([*SMALL_DISK, "/mnt", "true"]), reason="this machine lets nobody mount")


def run(*arguments: str, before: list[str] | None = None, **options) -> subprocess.CompletedProcess[str]:
    options = {"stdout": subprocess.PIPE, "env": dict(os.environ), **options}
    return subprocess.run([*(before or []), *COMMAND, *arguments], stderr=subprocess.PIPE, text=True, check=False, timeout=HANG_S, **options)


def environment(**changes: object) -> dict[str, str]:
    return {**os.environ, **{key: str(value) for key, value in changes.items()}}


def in_one_line(done: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    assert done.returncode == code, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert words in done.stderr


def read_whole(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["summary"]["caption"]["value"] == "Ashgrove v. Norvane Home Inc"


# ------------------------------------------------------------------ no home


NOBODY = {"PATH": os.environ.get("PATH", "")}


@unknown_user
@pytest.mark.parametrize("arguments", [["version"], ["--help"], ["models", "path"], ["models", "list"]])
def test_an_unknown_user_without_a_home_can_ask(arguments):
    done = run(*arguments, before=UNKNOWN_USER, env=NOBODY)
    assert (done.returncode, done.stderr) == (0, "")


@unknown_user
@pytest.mark.parametrize("arguments", [["cache", "show"], ["cache", "clear"]])
def test_a_cache_without_a_home_is_told_in_one_line(arguments):
    in_one_line(run(*arguments, before=UNKNOWN_USER, env=NOBODY), 2, "the cache is out of reach")


@unknown_user
@pytest.mark.model
@pytest.mark.parametrize("home", [None, ".", "missing"])
@pytest.mark.slow
def test_an_unknown_user_without_a_home_or_with_one_that_is_read_only_or_missing_gets_a_summary(home, tmp_path):
    tmp_path.chmod(0o555)
    told = {"HOME": str(tmp_path / home)} if home else {}
    done = run("summarize", "--example", "--json", before=UNKNOWN_USER, env={**NOBODY, **told})
    read_whole(done)
    assert "the adapter is applied at run time" in done.stderr


@unknown_user
@pytest.mark.model
@pytest.mark.slow
def test_doctor_tells_what_is_lesser_without_a_home():
    done = run("doctor", before=UNKNOWN_USER, env={**NOBODY, "COLUMNS": "100"})
    assert done.returncode == 0, done.stdout
    lesser = [line for line in done.stdout.splitlines() if line.startswith("lesser")]
    assert [any(words in line for line in lesser) for words in ("answers are not kept", "merged weights cannot be written")] == [True, True]


# ------------------------------------------------------------------ folders


@pytest.mark.model
@pytest.mark.slow
def test_a_cache_that_cannot_be_made_is_a_note_and_articles_are_read(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with running_server(CASEBRIEF_CACHE_DIR=str(tmp_path / "file" / "kept"), CASEBRIEF_CACHE_MB="8") as (address, _):
        assert httpx.post(f"{address}/v1/summaries", json=as_request(example.articles()), timeout=HANG_S).status_code == 200
        ready = httpx.get(f"{address}/readyz", timeout=HANG_S)
    assert ready.status_code == 200
    (note,) = ready.json()["notes"]
    assert note.startswith("answers are not kept: ")
    assert "Not a directory" in note


@small_disk
@pytest.mark.model
@pytest.mark.slow
def test_full_folders_cost_speed_and_no_answer(tmp_path):
    folders = environment(CASEBRIEF_CACHE_DIR=tmp_path / "cache", CASEBRIEF_MODELS_DIR=tmp_path / "models")
    done = run("summarize", "--example", "--json", before=[*SMALL_DISK, str(tmp_path)], env=folders)
    read_whole(done)
    assert "No space left on device; the adapter is applied at run time" in done.stderr


@small_disk
@pytest.mark.model
@pytest.mark.slow
def test_a_form_of_weights_that_was_asked_for_and_finds_no_room_is_one_line_and_leaves_nothing(tmp_path):
    folders = environment(CASEBRIEF_MODELS_DIR=tmp_path, CASEBRIEF_WEIGHTS="q8_0")
    told = run("models", "prepare", before=[*SMALL_DISK, str(tmp_path)], env=folders)
    assert told.returncode == 2, told.stderr
    assert "cannot be written to" in told.stderr.splitlines()[-1]
    script = '"$0" "$@" 2> /dev/null; find "$CASEBRIEF_MODELS_DIR" -type f'
    left = subprocess.run([*SMALL_DISK, str(tmp_path), "sh", "-c", script, *COMMAND, "models", "prepare"], env=folders, capture_output=True, check=True)
    assert left.stdout == b""


@small_disk
@pytest.mark.model
@pytest.mark.slow
def test_a_cache_that_is_full_costs_no_answer_of_a_model_that_reads_by_prompts(tmp_path):
    """Its worker keeps a table of the vocabulary there, which is larger."""
    catalog = catalog_of(Settings())
    folders = environment(CASEBRIEF_CACHE_DIR=tmp_path / "cache", CASEBRIEF_MODEL=catalog.path(catalog.default))
    done = run("doctor", before=[*SMALL_DISK, str(tmp_path)], env=folders)
    assert done.returncode == 0, done.stdout
    assert "proved by a constrained answer" in done.stdout


# ------------------------------------------------------------------ weights


@pytest.mark.parametrize("content", [b"", bytes(range(256)), b'{"a": 1}', b"GGUF", b"GGUF" + b"\0" * 100])
def test_a_file_that_is_no_model_is_bad_input(tmp_path, content):
    path = tmp_path / "a.gguf"
    path.write_bytes(content)
    for command in (["summarize", "--example"], ["serve"], ["models", "prepare"]):
        in_one_line(commanded(*command, CASEBRIEF_MODEL=path), 2, "no model")


@pytest.mark.model
@pytest.mark.slow
def test_weights_that_vanish_while_the_service_runs_are_made_again(tmp_path):
    settings = Settings()
    catalog = catalog_of(settings)
    form = loading(settings, catalog, catalog.default)
    merged = catalog.merged(catalog.default, form)[0]
    vanishing = tmp_path / "merged" / merged.name
    vanishing.parent.mkdir()
    shutil.copy(merged, vanishing)
    with running_server(CASEBRIEF_MODELS_DIR=str(tmp_path), CASEBRIEF_WEIGHTS=form) as (address, _):

        def engine() -> dict:
            return httpx.get(f"{address}/readyz", timeout=HANG_S).json()["engine"]

        vanishing.unlink()
        os.kill(engine()["pid"], signal.SIGKILL)
        until(lambda: engine()["restarts"] == 1)
        assert vanishing.is_file()
        assert httpx.post(f"{address}/v1/summaries", json=as_request(example.articles()), timeout=HANG_S).status_code == 200


# ------------------------------------------------------------------ port


def test_a_port_that_is_taken_is_told_before_a_model_is_started():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = commanded("serve", "--port", taken.getsockname()[1])
    in_one_line(done, 2, "Address already in use; free it, or give another --port")


@pytest.mark.parametrize("host", ["198.51.100.7", "no.such.host.invalid"])
def test_an_address_that_is_not_this_machines_is_told(host, tmp_path):
    (tmp_path / "keys").write_text(f"me {'0' * 64}\n")
    done = commanded("serve", "--host", host, CASEBRIEF_API_KEYS_FILE=tmp_path / "keys")
    in_one_line(done, 2, f"{host}, port 8000: ")


# ------------------------------------------------------------------ output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("arguments", [["version"], ["--help"], ["models", "list"], ["models", "path"]])
def test_an_output_that_is_full_is_one_line_and_a_code_of_its_own(arguments):
    with Path("/dev/full").open("w") as full:
        in_one_line(run(*arguments, stdout=full), 5, "the output cannot be written: No space left on device")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.model
@pytest.mark.parametrize("form", [["--json"], ["--markdown"], []])
@pytest.mark.slow
def test_a_summary_into_a_full_output_is_told(form):
    with Path("/dev/full").open("w") as full:
        done = run("summarize", "--example", *form, stdout=full)
    assert done.returncode == 5
    assert done.stderr.splitlines()[-1] == "casebrief: the output cannot be written: No space left on device"
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One whose words no small encoding can spell: accents, and a sign beyond the first 65,536."""
    path = tmp_path_factory.mktemp("spelling") / "wire.txt"
    text = example.articles()[0].text
    path.write_text(text.replace("Norvane", "Norváne").replace("knock", "🎺 knock"), encoding="utf-8")
    return str(path)


def spelled(article: str, encoding: str) -> subprocess.CompletedProcess[str]:
    return run("summarize", article, "--json", env=environment(PYTHONIOENCODING=encoding), encoding=encoding)


@pytest.fixture(scope="module")
def in_utf_8(article: str) -> subprocess.CompletedProcess[str]:
    return spelled(article, "utf-8")


@pytest.mark.model
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16"])
@pytest.mark.slow
def test_json_is_the_same_whatever_the_output_can_spell(article, in_utf_8, encoding):
    done = spelled(article, encoding)
    assert (in_utf_8.returncode, done.returncode) == (0, 0), done.stderr
    assert json.loads(in_utf_8.stdout)["summary"] == json.loads(done.stdout)["summary"]
    assert "Norváne" in in_utf_8.stdout
    assert "🎺" in in_utf_8.stdout
    assert done.stdout.isascii()


@pytest.mark.model
@pytest.mark.parametrize("form", [["--markdown"], []])
@pytest.mark.slow
def test_what_an_output_cannot_spell_is_told_by_its_number(form):
    done = run("summarize", "--example", *form, env=environment(PYTHONIOENCODING="ascii", COLUMNS="200"))
    assert done.returncode == 0, done.stderr
    assert r"\u201cI only rang the bell\u201d" in done.stdout
