"""The command line: briefs, JSON and Markdown on standard output, one line and an exit code for what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from casebrief.evals.cli import COMMANDS
from casebrief.evals.eval_cli import LATER
from casebrief.service import example
from casebrief.service.domain.schema import SummaryResponse
from commanded import commanded
from conftest import HANG_S, citations_of


def casebrief(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "casebrief.evals.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "100", **environment},
        cwd=cwd,
        check=False,
        timeout=HANG_S,
    )


def refused(done: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("casebrief: ")
    assert words in lines[0]
    assert done.stdout == ""


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "wire.txt"
    path.write_text(example.articles()[0].text)
    return path


@pytest.mark.model
def test_the_example_prints_a_brief_read_by_the_embedded_model():
    done = casebrief("summarize", "--example")
    assert done.returncode == 0, done.stderr
    for words in (
        "Ashgrove v. Norvane Home Inc",
        "“I only rang the bell” … “Nobody should have to whisper on a porch.” — Ashgrove",
        "4 March 2025",
        "Marisol Okereke",
        "Where the sources differ",
        "read by labels (smollm2-135m)",
    ):
        assert words in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.model
@pytest.mark.slow
def test_a_model_without_heads_reads_by_prompts_and_its_facts_slice_back(article, catalog):
    """The way of every other instruction model, on the weights that ship without what taught them to mark: its form, not its quality."""
    weights = catalog.path(catalog.default)
    done = casebrief("summarize", article, "--published-on", "2025-03-06", "--json", "--model", weights, CASEBRIEF_CACHE_MB="0")
    assert done.returncode == 0, done.stderr
    response = json.loads(done.stdout)
    assert (response["provenance"]["reader"], response["provenance"]["adapters"]) == ("prompts", [])
    assert response["timings"]["output_tokens"] > 0
    cited = list(citations_of(response))
    text = article.read_text(encoding="utf-8")
    assert cited
    assert all(text[c["start"] : c["end"]] == c["quote"] for c in cited)


def test_a_reader_that_a_model_does_not_have_is_refused_in_one_line(article):
    refused(casebrief("summarize", article, "--reader", "prompts"), 2, "smollm2-135m reads by labels, not by prompts")


def test_json_is_the_response(article):
    done = casebrief("summarize", article, "--published-on", "2025-03-06", "--json")
    response = SummaryResponse.model_validate_json(done.stdout)
    assert response.summary.filed_on is not None
    assert response.articles[0].text is None
    assert json.loads(done.stdout)["articles"][0]["published_on"] == "2025-03-06"


def test_markdown_has_a_footnote_for_every_fact(article):
    done = casebrief("summarize", article, "--markdown")
    assert done.stdout.startswith("# Ashgrove v. Norvane Home Inc\n")
    used = [int(part.split("]")[0]) for part in done.stdout.split("[^")[1:]]
    assert sorted(used) == sorted([*range(1, max(used) + 1)] * 2)


def test_markdown_marks_in_an_article_are_words(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Norvane Home Inc was sued on Tuesday. The suit says *that* [it](http://x) `lies` <b>often</b> to its customers. It denies it all.")
    told = casebrief("summarize", path, "--markdown").stdout
    assert "<b>" not in told
    assert "](http" not in told.replace("\\]", "")


def test_offsets_count_what_the_file_holds(tmp_path):
    path = tmp_path / "crlf.txt"
    path.write_bytes(example.articles()[0].text.replace("\n", "\r\n").encode())
    response = SummaryResponse.model_validate_json(casebrief("summarize", path, "--json").stdout)
    text = path.read_bytes().decode()
    assert response.summary.caption is not None
    citation = response.summary.caption.citations[0]
    assert text[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["summarize"], "--example"),
        (["summarize", "missing.txt"], "missing.txt: No such file"),
        (["summarize", "--example", "--json", "--markdown"], "exclude each other"),
        (["summarize", "WIRE", "--published-on", "yesterday"], "2025-01-23"),
        (["summarize", "WIRE", "--published-on", "none", "--published-on", "none"], "1 files and 2 times"),
        (["summarize", "WIRE", "--reader", "oracle"], "reader"),
        (["models", "path", "gpt-17"], "smollm2-135m"),
        (["models", "path", "qwen25-3b"], "casebrief models pull qwen25-3b"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(article, arguments, words):
    refused(commanded(*[article if part == "WIRE" else part for part in arguments]), 2, words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty: send the article itself"),
        (b" \n", "empty"),
        (b"a\0b", "binary data"),
        (b"\xff\xfe", "empty"),
        (b"PK\5\6" + bytes(18), "a zip archive: send the files in it one by one"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "an image: run text recognition"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password-protected office document: save it as DOCX"),
        (b"%PDF-1.7\nnothing", "damaged PDF"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, content, words):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    refused(commanded("summarize", path), 2, words)


def test_the_models_missing_weights_are_bad_input(article):
    refused(commanded("summarize", article, "--model", "qwen25-3b"), 2, "models pull")


@pytest.mark.model
def test_doctor_proves_the_engine():
    done = casebrief("doctor")
    assert done.returncode == 0, done.stdout
    assert "proved by marks" in done.stdout
    assert "checksum verified" in done.stdout


@pytest.mark.model
def test_doctor_tells_of_a_lesser_mode():
    done = casebrief("doctor", CASEBRIEF_EXTRA_BUFFERS="false")
    assert done.returncode == 0
    assert "without extra buffers" in done.stdout


def test_doctor_says_what_is_not_well():
    done = commanded("doctor", "--model", "qwen25-3b")
    assert done.returncode == 1
    assert "unwell" in done.stdout


def test_models_list_verify_and_path():
    assert "smollm2-135m (default)" in casebrief("models", "list", COLUMNS="160").stdout
    path = Path(commanded("models", "path").stdout.strip())
    assert path.is_file()
    assert str(path) in commanded("models", "verify").stdout


def test_a_hostile_folder_changes_nothing(article, tmp_path):
    """Folders of the same names where the user happens to stand are not imported."""
    for name in ("models", "service", "prompts", "llama_cpp", "casebrief"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('imported from the working folder')")
    script = Path(sys.executable).with_name("casebrief")
    done = subprocess.run([script, "summarize", article, "--json"], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=HANG_S)
    assert done.returncode == 0, done.stderr


def test_the_cache_is_shown_and_cleared(tmp_path):
    from casebrief.models.cache import Store
    from casebrief.models.engine import Reading

    Store(tmp_path / "answers.sqlite", 1000).put({"key": Reading(())})

    def told(command: str) -> str:
        done = commanded("cache", command, CASEBRIEF_CACHE_DIR=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert told("show").startswith("1 readings")
    told("clear")
    assert told("show").startswith("0 readings")


@pytest.mark.parametrize(
    ("arguments", "environment", "line"),
    [
        (["frob"], {}, "casebrief: No such command 'frob'; casebrief --help tells what fits"),
        (["summarize", "--frob"], {}, "casebrief: No such option: --frob; casebrief summarize --help tells what fits"),
        (["case", "add"], {}, "casebrief: Missing argument 'name'; casebrief case add --help tells what fits"),
        (["doctor"], {"CASEBRIEF_PORT": "abc"}, "casebrief: CASEBRIEF_PORT abc: it should be a valid integer, unable to parse string as an integer"),
        (["summarize", "x", "--reader", "foo"], {}, "casebrief: --reader foo: it should be"),
    ],
)
def test_what_was_wrong_with_a_command_is_one_line(arguments, environment, line):
    done = commanded(*arguments, **environment)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    assert len(done.stderr.splitlines()) == 1


def test_a_secret_that_does_not_fit_is_not_repeated():
    done = commanded("doctor", CASEBRIEF_WEBHOOK_SECRET="not-to-be-told")
    assert done.returncode == 2
    assert "CASEBRIEF_WEBHOOK_SECRET: must be" in done.stderr
    assert "not-to-be-told" not in done.stderr


@pytest.mark.parametrize("command", [*COMMANDS, *LATER], ids=lambda command: command.name)
def test_the_line_of_a_command_is_the_one_that_its_own_help_begins_with(command):
    whole = command.whole()
    assert whole.name == command.name or hasattr(whole, "commands")  # a group of commands is named by whoever asks for it
    assert whole.help.split("\n\n")[0] == command.help


def test_help_and_a_wrong_name_load_no_command():
    loaded = "import sys; from casebrief.evals.cli import main\ntry:\n    main()\nfinally:\n    print('loaded:', *(name for name in sys.modules if name in ('numpy', 'docx', 'fastapi') or name.endswith('_cli')))"
    for arguments in (["--help"], ["frob"], ["version"]):
        done = subprocess.run([sys.executable, "-P", "-c", loaded, *arguments], capture_output=True, text=True, check=False, timeout=HANG_S)
        assert done.stdout.splitlines()[-1] == "loaded:"
    told = casebrief("--help").stdout
    assert all(f" {command.name} " in told for command in COMMANDS)
