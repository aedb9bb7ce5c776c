"""A model behind a server, as a user meets it: by the command line, over HTTP and in the evaluation. Against a real HTTP server that speaks as vLLM does."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from casebrief.service import example
from casebrief.service.domain.schema import SummaryResponse
from conftest import HANG_S, as_request, citations_of, free_port, running_server, until
from llama_server import llama_server, needs_llama_server
from vllm import Stub, serving

NAMES = {"defendant": "Norvane Home Inc", "plaintiff": "Lenora Ashgrove", "judge": "Marisol Okereke", "law": "breach of contract"}


def facts_in(body: dict[str, Any]) -> str:
    """What a model would find that knows these names alone: the numbered sentences in which they stand."""
    shown = body["messages"][1]["content"]
    lines = [(int(match[1]), match[2]) for match in re.finditer(r"^(\d+) (.*)$", shown.partition("Marked by the first reader")[0], re.MULTILINE)]
    found = [{"line": number, "label": label, "words": words} for number, line in lines for label, words in NAMES.items() if words in line]
    return json.dumps({"facts": found})


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub(answer=facts_in, max_model_len=8192)) as stub:
        yield stub


def casebrief(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "casebrief.evals.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "CASEBRIEF_CACHE_MB": "0", "CASEBRIEF_ENGINE": "openai", "CASEBRIEF_HANG_S": str(HANG_S), **environment},
        check=False,
        timeout=HANG_S,
    )


def summary(*arguments: object, **environment: str) -> dict[str, Any]:
    done = casebrief("summarize", "--example", "--json", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    SummaryResponse.model_validate_json(done.stdout)
    response: dict[str, Any] = json.loads(done.stdout)
    texts = {article.id: article.text for article in example.articles()}
    cited = list(citations_of(response))
    assert cited
    assert all(texts[c["article"]][c["start"] : c["end"]] == c["quote"] for c in cited)
    return response


# ------------------------------------------------------------------ the command line


def test_a_served_model_reads_the_example_without_weights_on_this_machine(stub, tmp_path):
    response = summary(CASEBRIEF_OPENAI_BASE_URL=stub.address, CASEBRIEF_MODELS_DIR=str(tmp_path))
    told = response["summary"]
    assert {fact["value"] for fact in told["plaintiffs"]} == {"Lenora Ashgrove"}
    assert (told["judge"]["value"], told["causes_of_action"][0]["value"]) == ("Marisol Okereke", "breach of contract")
    provenance = response["provenance"]
    assert (provenance["model"], provenance["reader"]) == ("qwen3-32b", "prompts")
    assert "held by structured_outputs" in provenance["engine"]
    assert list(tmp_path.iterdir()) == []


def test_the_catalogues_entry_of_a_served_model_says_how_far_it_is_believed(stub, tmp_path):
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(
        """
        default = "smollm2-135m"
        [models.qwen3-32b]
        title = "Qwen3 32B"
        file = ""
        source = "server"
        sha256 = ""
        bytes = 0
        license = "Apache-2.0"
        reads = { defendants = 0.5, plaintiffs = 0.5, judge = 0.9, causes_of_action = 0.5 }
        calibration = { judge = [-1.0, 1.0], causes_of_action = [2.0, 1.0] }
        """
    )
    stub.logprob = 0.0
    told = summary(CASEBRIEF_OPENAI_BASE_URL=stub.address, CASEBRIEF_CATALOG=str(catalog))["summary"]
    assert told["judge"] is None, "its confidence is 1 / (1 + e)"
    assert told["causes_of_action"][0]["confidence"] == pytest.approx(0.94, abs=0.01), "two articles say it, each at 1 / (1 + e⁻²)"
    assert "served elsewhere" in casebrief("models", "pull", "qwen3-32b", CASEBRIEF_CATALOG=str(catalog)).stderr


@pytest.mark.model
@pytest.mark.slow
def test_labels_and_prompts_are_one_reader_and_what_both_say_is_surer(stub):
    alone = summary("--reader", "auto", CASEBRIEF_ENGINE="llama")["summary"]
    both = summary("--reader", "labels+prompts", CASEBRIEF_OPENAI_BASE_URL=stub.address)
    assert both["provenance"]["model"] == "smollm2-135m + qwen3-32b"
    assert both["summary"]["judge"]["found_by"] == "both"
    assert both["summary"]["judge"]["confidence"] >= alone["judge"]["confidence"]
    assert both["summary"]["docket_number"] == alone["docket_number"]
    candidates = [body["messages"][1]["content"] for body in stub.asked if "Marked by the first reader" in body["messages"][1]["content"]]
    assert len(candidates) == 3


def test_doctor_tells_the_engine_and_how_it_was_proved(stub):
    stub.honours = ("response_format",)
    done = casebrief("doctor", CASEBRIEF_OPENAI_BASE_URL=stub.address)
    assert done.returncode == 0, done.stdout
    told = " ".join(done.stdout.split())
    assert "held by response_format, qwen3-32b, 8192 tokens of context; proved by an answer that no free model gives" in told


def test_doctor_says_what_to_change_where_nothing_is_proved(stub):
    stub.honours = ()
    done = casebrief("doctor", CASEBRIEF_OPENAI_BASE_URL=stub.address)
    assert done.returncode == 1
    assert "Serve it by vLLM 0.12 or newer" in " ".join(done.stdout.split())


def test_an_engine_that_proves_nothing_ends_in_one_line_and_nothing_is_read(stub):
    stub.honours = ()
    done = casebrief("summarize", "--example", CASEBRIEF_OPENAI_BASE_URL=stub.address)
    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1
    assert "cannot be held to a JSON Schema" in done.stderr
    assert not any("Ashgrove" in json.dumps(body) for body in stub.asked)


@pytest.mark.parametrize(
    ("environment", "arguments", "words"),
    [
        ({}, (), "needs CASEBRIEF_OPENAI_BASE_URL"),
        ({"CASEBRIEF_OPENAI_BASE_URL": "http://gpu.example/v1"}, (), "in the open"),
        ({"CASEBRIEF_OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, ("--reader", "labels"), "reads by prompts"),
        ({"CASEBRIEF_ENGINE": "llama"}, ("--reader", "labels+prompts"), "set CASEBRIEF_ENGINE=openai"),
        ({"CASEBRIEF_ENGINE": "oracle"}, (), "or 'openai'"),
    ],
)
def test_settings_that_do_not_fit_are_bad_input(environment, arguments, words):
    done = casebrief("summarize", "--example", *arguments, **environment)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert words in done.stderr


def test_nobody_there_is_told_in_one_line():
    done = casebrief("summarize", "--example", CASEBRIEF_OPENAI_BASE_URL=f"http://127.0.0.1:{free_port()}/v1")
    assert done.returncode == 3
    assert "cannot be reached" in done.stderr.strip().splitlines()[-1]


def test_the_evaluation_runs_a_served_model(stub, tmp_path):
    """What a user with a larger model does; the case is the smallest, and what the stand-in finds is little."""
    run = tmp_path / "run.jsonl"
    done = casebrief(
        "eval", "run", "--set", "cases", "--case", "eeoc-tallow-creek", "--model", "qwen3-32b", "--out", run, CASEBRIEF_OPENAI_BASE_URL=stub.address
    )
    assert done.returncode in (0, 1, 4), done.stderr
    assert '"model":"qwen3-32b"' in run.read_text().splitlines()[0].replace(": ", ":")
    assert any("Tallow" in body["messages"][1]["content"] for body in stub.asked)


# ------------------------------------------------------------------ over HTTP


@pytest.mark.slow
def test_a_server_that_fails_is_a_503_that_says_when_to_come_again(stub):
    with running_server(CASEBRIEF_ENGINE="openai", CASEBRIEF_OPENAI_BASE_URL=stub.address) as (address, _):
        body = as_request(example.articles()[:1])
        told = httpx.post(f"{address}/v1/summaries", json=body, timeout=HANG_S)
        assert (told.status_code, told.json()["summary"]["defendants"][0]["value"]) == (200, "Norvane Home Inc")
        assert httpx.get(f"{address}/readyz", timeout=HANG_S).json()["engine"]["engine"]["model"] == "qwen3-32b"
        stub.retry_after = "90"
        stub.faults.extend(["503"] * 20)
        refused = httpx.post(f"{address}/v1/summaries", json=body, timeout=HANG_S)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "90")
        assert refused.json()["type"].endswith("server-unavailable")
        assert httpx.get(f"{address}/readyz", timeout=HANG_S).status_code == 503
        stub.faults.clear()
        until(lambda: httpx.get(f"{address}/readyz", timeout=HANG_S).status_code == 200)
        assert httpx.post(f"{address}/v1/summaries", json=body, timeout=HANG_S).status_code == 200


# ------------------------------------------------------------------ a real llama-server


@pytest.mark.model
@pytest.mark.slow
@needs_llama_server
@pytest.mark.parametrize("reader", ["prompts", "labels+prompts"])
def test_a_real_llama_server_reads_and_its_facts_slice_back(catalog, tmp_path, reader):
    """The form, not the quality: so small a model, untaught, states little that stands in the article."""
    article = tmp_path / "wire.txt"
    article.write_text("Norvane Home Inc was sued on Tuesday by Lenora Ashgrove over its doorbells. U.S. District Judge Marisol Okereke has the suit.")
    with llama_server(Path(catalog.path(catalog.default)), "-c", "8192", "-np", "1") as address:
        done = casebrief("summarize", article, "--json", "--reader", reader, CASEBRIEF_OPENAI_BASE_URL=address)
    assert done.returncode in (0, 1), done.stderr
    response = json.loads(done.stdout)
    assert response["provenance"]["reader"] == reader
    assert response["timings"]["output_tokens"] > 0
    assert response["ledger"][0]["outcome"] != "failed"
    text = article.read_text()
    assert all(text[c["start"] : c["end"]] == c["quote"] for c in citations_of(response))
