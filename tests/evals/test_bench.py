"""`casebrief bench`: the time that is given is shared out and kept, what is missing is told, and the figures are what was measured."""

import http.server
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
from casebrief.evals.bench import LENGTHS, Bench, apart, joined, started
from casebrief.evals.deadline import Deadline, expected
from casebrief.evals.picture import picture
from casebrief.evals.speeds import AtOnce, Floor, Kept, Length, Measured, Other, Read, digits, figures
from casebrief.service import example
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief
from commanded import commanded
from conftest import HANG_S

# ---------------------------------------------------------------------- time


def test_time_is_shared_out_by_weight_and_what_one_leaves_goes_to_those_after_it():
    now = [100.0]
    whole = Deadline.within(60, lambda: now[0])
    first = whole.share([1, 2, 3])
    assert first.left == pytest.approx(10)
    now[0] += 4
    second = whole.share([2, 3])
    assert second.left == pytest.approx(2 / 5 * 56)
    now[0] += 30
    assert second.over()
    last = whole.share([3])
    assert (last.left, last.end) == (26, whole.end)
    now[0] += 26
    assert last.over()
    assert whole.share([1]).left == 0


def test_longer_articles_are_expected_to_take_longer_and_not_beyond_the_square():
    steady, steep = [Length(1000, 2.0), Length(2000, 2.0)], [Length(1000, 1.0), Length(2000, 100.0)]
    assert expected([], 1000) == 0
    assert expected(steady, 4000) == pytest.approx(4)
    assert expected(steep, 4000) == pytest.approx(400)


def ticking(seconds: float):
    """A clock on which this much passes whenever somebody looks."""
    return itertools.count(0.0, seconds).__next__


@pytest.fixture(scope="module")
def product() -> Iterator[Casebrief]:
    with started(Settings(), lambda told: None) as product:
        yield product


Measures = Callable[..., Measured]


@pytest.fixture
def measured(product) -> Measures:
    def run(deadline: Deadline, told: list[str], others: dict[str, dict[str, str]] | None = None) -> Measured:
        return Bench(product, example.articles(), deadline, told.append).run(others or {})

    return run


@pytest.mark.slow
def test_what_does_not_fit_is_left_out_and_told_and_the_end_is_kept(measured):
    told: list[str] = []
    deadline = Deadline.within(120, ticking(0.5))
    found = measured(deadline, told)
    assert found.reads
    assert 0 < len(found.lengths) < len(LENGTHS)
    assert any("more characters: likely to take" in line or line.startswith("long articles: cut off") for line in found.left_out)
    assert [one.requests for one in found.at_once] != [2, 4, 8]
    assert any("requests at once" in line for line in found.left_out)
    assert found.faults == []
    assert deadline.clock() < 120 + 20, "the clock ticks at every look: the end is seen within a few of them"
    assert "at most" in told[0]
    assert "about" in told[-1]


def test_nothing_is_measured_where_one_reading_is_longer_than_its_share(measured):
    found = measured(Deadline.within(5, ticking(2)), [])
    assert found.reads == []
    assert found.left_out[0].startswith("warming up: cut off after its share of")


# ---------------------------------------------------------------------- figures

MEASURED = Measured(
    reads=[Read(2.0, 1.5, 0.0, 1500), Read(4.0, 3.0, 0.0, 1500), Read(30.0, 29.0, 0.0, 1500)],
    floors=[Floor(1.0, 1500), Floor(2.0, 1500)],
    kept=[Kept(4.0, 1.0)],
    at_once=[AtOnce(2, 5.0, 2.0), AtOnce(4, 8.0, 2.0)],
    lengths=[Length(1000, 0.5), Length(10_000, 5.0)],
    others={"stock": [Other(30.0, 2.0, valid_json=False)]},
)


def test_ratios_are_made_within_a_round_and_medians_told():
    told = figures(MEASURED)
    assert told["product_s"] == 4
    assert told["heads_and_python_s"] == 1
    assert told["tokens_per_s"] == 500
    assert told["floor_tokens_per_s"] == 1125
    assert told["tokens_per_s_over_floor"] == pytest.approx(2 / 3)
    assert told["product_over_floor"] == 2
    assert told["last_article_over_all"] == 0.25
    assert told["throughput_of_2_over_one"] == 0.8
    assert told["throughput_of_4_over_one"] == 1
    assert (told["stock_s"], told["stock_over_product"], told["stock_answers_that_are_json"]) == (30, 15, 0)
    assert "decoding_s" not in told


def test_what_was_not_measured_has_no_figure():
    assert figures(Measured()) == {}
    assert {*figures(Measured(reads=MEASURED.reads))} == {"product_s", "prompt_s", "heads_and_python_s", "tokens_per_s"}


def test_a_picture_shows_every_way_and_every_length():
    drawn = ElementTree.fromstring(picture("Two <articles>", figures(MEASURED), MEASURED.lengths))
    texts = {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Two <articles>", "casebrief", "stock", "1,000", "10,000", digits(0.5), digits(5.0)} <= texts
    bare = ElementTree.fromstring(picture("", figures(Measured(reads=MEASURED.reads)), []))
    assert not list(bare.iter("{http://www.w3.org/2000/svg}polyline"))


@pytest.mark.parametrize("characters", LENGTHS)
def test_a_long_article_is_made_of_all_that_are_given(characters):
    texts = [article.text for article in example.articles()]
    text = joined(texts, characters)
    assert len(text) == characters
    assert all(article in text for article in texts if characters >= 2 * sum(map(len, texts)))


# ---------------------------------------------------------------------- other ways


@pytest.fixture
def rival():
    """A server that says what it was given to say to every request."""
    said: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert asked["messages"][1]["content"].startswith("[a1]")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said[0])

        def log_message(self, *arguments):
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", said
    server.shutdown()
    server.server_close()


def ask(address: str, seconds: float):
    return apart("casebrief.evals.stock", {"server": address, "articles": [{"id": "a1", "text": "Norvane was sued."}]}, Deadline.within(seconds))


def test_a_server_is_asked_as_openai_would_be(rival):
    address, said = rival
    said.append(json.dumps({"choices": [{"message": {"content": "{}"}}]}).encode())
    told = ask(address, HANG_S)
    assert told["text"] == "{}"
    assert told["seconds"] > 0


def test_a_server_that_answers_something_else_is_told_in_a_line(rival):
    address, said = rival
    said.append(b'{"hello": 1}')
    with pytest.raises(OSError, match=f"{address} does not answer as an OpenAI-compatible server: 'choices'"):
        ask(address, HANG_S)


@pytest.mark.slow
def test_another_way_that_never_answers_is_ended_and_told(measured):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(subprocess.TimeoutExpired):
            ask(address, 1)
        found = measured(Deadline.within(4), [], {"server": {"server": address}})
    assert any(line.startswith("server: ") for line in found.left_out)
    assert found.others == {}


# ---------------------------------------------------------------------- the command


def bench(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "casebrief.evals.cli", "bench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=HANG_S)


@pytest.mark.model
@pytest.mark.slow
def test_bench_measures_the_embedded_model_in_the_time_it_is_given(tmp_path):
    article = tmp_path / "a.txt"
    article.write_text("Norvane Home Inc was sued on Tuesday in federal court in Oakland, California. It denied the claims.\n", encoding="utf-8")
    out, plot = tmp_path / "b.json", tmp_path / "b.svg"
    done = bench(article, article, "--minutes", 1, "--no-stock", "--out", out, "--plot", plot, CASEBRIEF_HANG_S=str(HANG_S))
    assert done.returncode == 0, done.stderr
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["figures"]["product_s"] > told["figures"]["prompt_s"] > 0
    assert told["figures"]["floor_tokens_per_s"] > 0
    assert {floor["tokens"] for floor in told["floors"]} == {read["tokens"] for read in told["reads"]}, "the floor is that of the same tokens"
    assert [one["requests"] for one in told["at_once"]] == [2, 4, 8]
    assert told["lengths"][0]["characters"] == 1000
    assert len(told["lengths"]) == len(LENGTHS) or any("characters" in line or "long articles" in line for line in told["left_out"])
    assert "an article of 1,000 characters" in done.stdout
    assert all(f"left out: {line}" in done.stdout for line in told["left_out"])
    assert plot.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["no.txt"], {}, "no.txt: No such file or directory"),
        ([], {"CASEBRIEF_THREADS": "-1"}, "CASEBRIEF_THREADS -1: it should be"),
        (["--model", "no-such-model"], {}, "no model"),
        (["--out", "/no/such/folder/b.json"], {}, "/no/such/folder/b.json: No such file or directory"),
    ],
)
def test_bench_says_in_a_line_what_it_cannot_use(arguments, environment, words):
    done = commanded("bench", *arguments, **environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr
