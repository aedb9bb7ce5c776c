"""Files over HTTP and on the command line: the same facts from each form, places for their words, and one line for what cannot be read."""

import base64
import html
import io
import json
import subprocess
import sys

import docx
import httpx
import jsonschema
import pypdfium2
import pytest
from casebrief.service.domain.schema import json_schema
from commanded import commanded
from conftest import HANG_S, citations_of
from papers import HEADLINE, STORY, locked_pdf, mail, page, story_pdf, word

MEDIA = "application/problem+json"
FILES = {"pdf": story_pdf(), "docx": word(), "html": page().encode(), "mail": mail(), "text": "\n\n".join(STORY).encode("utf-16")}


def as_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def post(address: str, **article) -> httpx.Response:
    return httpx.post(f"{address}/v1/summaries", json={"articles": [article]}, timeout=HANG_S)


def is_problem(response: httpx.Response, status: int, words: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA
    assert words in response.json()["detail"]


def holds(answer: dict, kind: str) -> None:
    """The answer tells of the story, and every citation slices back and has a place of its kind."""
    jsonschema.validate(answer, json_schema())
    assert answer["summary"]["caption"]["value"] == "Ashgrove v. Norvane Home Inc"
    (report,) = answer["articles"]
    assert report["source"]["kind"] == kind
    cited = list(citations_of(answer))
    assert all(report["text"][c["start"] : c["end"]] == c["quote"] for c in cited)
    for citation in cited:
        assert (kind in AT) == ("place" in citation)
        if kind in AT:
            assert only_letters(citation["quote"]) in only_letters(AT[kind](citation["place"]))


def only_letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def in_the_pdf(place: dict) -> str:
    """What a PDF reader has within the rectangles."""
    with pypdfium2.PdfDocument(FILES["pdf"]) as document:
        sheet = document[place["page"] - 1].get_textpage()
        return "".join(sheet.get_text_bounded(left - 0.5, bottom - 0.5, right + 0.5, top + 0.5) for left, bottom, right, top in place["rectangles"])


def in_the_word_document(place: dict) -> str:
    return docx.Document(io.BytesIO(FILES["docx"])).paragraphs[place["paragraph"] - 1].text


def in_the_page(place: dict) -> str:
    return html.unescape(page()[slice(*place["html"])])


AT = {"pdf": in_the_pdf, "docx": in_the_word_document, "html": in_the_page}
"""By kind of file: what stands at a place of it."""


@pytest.mark.parametrize("kind", FILES)
def test_a_file_in_base64_is_read_and_its_words_have_places(server, kind):
    response = post(server, file=as_base64(FILES[kind]), name=f"a.{kind}")
    assert response.status_code == 200, response.text
    holds(response.json(), kind)
    assert response.json()["articles"][0]["source"]["name"] == f"a.{kind}"


def test_html_is_read_and_says_of_itself_what_the_request_does_not(server):
    answer = post(server, html=page()).json()
    holds(answer, "html")
    report = answer["articles"][0]
    assert (report["title"], report["publisher"], report["published_on"], report["published_on_from"]) == (HEADLINE, "The Harbor Daily", "2025-03-06", "text")
    assert report["source"]["published_on_from"] == "json-ld"
    assert "Fornax" not in json.dumps(answer)


def test_an_encoding_that_was_guessed_is_told_in_source_and_ledger(server):
    old = "\n\n".join([*STORY, "“Sûres”, a déclaré Zoé Brénnàn."]).encode("cp1252")
    answer = post(server, file=as_base64(old)).json()
    assert answer["summary"]["caption"]["value"] == "Ashgrove v. Norvane Home Inc"
    encoding = answer["articles"][0]["source"]["encoding"]
    assert answer["articles"][0]["text"] == old.decode("cp1252")
    assert f"the encoding was guessed ({encoding}): letters beyond ASCII may be wrong" in answer["ledger"][0]["reason"]


@pytest.mark.parametrize(
    ("text", "outcome", "words"),
    [
        (page(), "failed", 'the text is an HTML page: it was not read: send it as "html"'),
        (as_base64(FILES["pdf"]), "failed", 'the text is a PDF in base64: it was not read: send it as "file"'),
        ("قال المحامي إن الدعوى رفعت يوم الثلاثاء في المحكمة.", "failed", "letters that are not Latin"),
        ("The weather stayed dry on Sunday, and people walked their dogs along the river until the evening.", "not_about_the_case", ""),
    ],
    ids=["page", "file", "Arabic", "other"],
)
def test_an_answer_without_a_fact_says_so_in_its_ledger(server, text, outcome, words):
    response = post(server, text=text)
    assert response.status_code == 200, response.text
    (line,) = response.json()["ledger"]
    assert (line["outcome"], line["facts"]) == (outcome, 0)
    assert line["reason"]
    assert words in line["reason"]
    assert not any(response.json()["summary"].values())


def test_what_the_request_says_stands_over_what_the_file_says(server):
    report = post(server, html=page(), title="Mine", published_on="2025-03-07").json()["articles"][0]
    assert (report["title"], report["published_on"], report["published_on_from"]) == ("Mine", "2025-03-07", "request")
    assert (report["source"].get("title_from"), report["source"]["publisher_from"], report["source"].get("published_on_from")) == (None, "json-ld", None)


def test_text_has_neither_source_nor_places(server):
    answer = post(server, text="\n\n".join(STORY)).json()
    assert answer["articles"][0]["text"] is None
    assert "source" not in answer["articles"][0]
    assert not any("place" in citation for citation in citations_of(answer))


def test_a_form_with_files_is_the_same_request(server):
    files = [("file", ("wire.pdf", FILES["pdf"])), ("file", ("wire.docx", FILES["docx"]))]
    about = json.dumps([{"id": "wire", "published_on": "2025-03-06"}, {}])
    response = httpx.post(f"{server}/v1/summaries", files=files, data={"articles": about, "deadline_s": "300"}, timeout=HANG_S)
    assert response.status_code == 200, response.text
    articles = response.json()["articles"]
    assert [(a["id"], a["source"]["name"], a["source"]["kind"]) for a in articles] == [("wire", "wire.pdf", "pdf"), ("a2", "wire.docx", "docx")]
    assert articles[0]["published_on"] == "2025-03-06"
    assert articles[1]["copy_of"] == "wire"


@pytest.mark.parametrize(
    ("fields", "files", "words"),
    [
        ({"x": "1"}, [("file", ("a", b"x"))], "'x' is not known"),
        ({"file": "not a file"}, [("file", ("a", b"x"))], "must hold a file"),
        ({"articles": "[{}, {}]"}, [("file", ("a", b"x"))], "one object for each of the 1 files"),
        ({"articles": "{"}, [("file", ("a", b"x"))], "is not JSON"),
        ({"articles": '[{"text": "x"}]'}, [("file", ("a", b"x"))], "exactly one of"),
        ({"deadline_s": "soon"}, [("file", ("a", b"x"))], "'deadline_s' is not JSON"),
        ({}, [("files", ("a", b"x"))], "'files' is not known"),
    ],
)
def test_a_form_that_does_not_fit_is_a_problem(server, fields, files, words):
    is_problem(httpx.post(f"{server}/v1/summaries", files=files, data=fields, timeout=HANG_S), 422, words)


def test_a_form_without_its_boundary_is_a_problem(server):
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        is_problem(httpx.post(f"{server}/v1/summaries", content=b"--y\r\n", headers={"Content-Type": content_type}, timeout=HANG_S), 400, "multipart/form-data")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/pdf", "text/json;application/json"])
def test_other_content_types_are_told_what_is_read(server, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    body = json.dumps({"articles": [{"text": STORY[0]}]}).encode()
    response = httpx.post(f"{server}/v1/summaries", content=body, headers=headers, timeout=HANG_S)
    is_problem(response, 415, "application/json")
    assert "multipart/form-data" in response.json()["detail"]


@pytest.mark.parametrize(
    ("article", "words"),
    [
        ({"file": as_base64(b"\x89PNG\r\n\x1a\n" + bytes(40)), "name": "scan.png"}, "/articles/0/file: scan.png: an image"),
        ({"file": as_base64(locked_pdf())}, "/articles/0/file: a PDF protected by a password"),
        ({"html": "<p>Menu</p>"}, "/articles/0/html: an HTML page without a story"),
        ({"file": "?"}, "/articles/0/file: is not base64"),
        ({"file": ""}, "/articles/0/file: is an empty file"),
        ({"file": None}, "must not be null"),
        ({"text": "A.", "html": "<p>A.</p>"}, "/articles/0: send exactly one of"),
        ({"text": "A.", "file": as_base64(b"A.")}, "/articles/0: send exactly one of"),
    ],
)
def test_what_cannot_be_read_is_a_problem_of_one_line(server, article, words):
    is_problem(post(server, **article), 422, words)


def test_a_file_that_breaks_its_reader_costs_its_own_request_alone(server):
    is_problem(post(server, html="<div>" * 50_000 + STORY[0]), 413, "deep")
    assert post(server, html=page()).status_code == 200


def test_more_megabytes_than_the_limit_are_refused_unread(server):
    is_problem(post(server, file="A" * 28_000_000), 413, "MB together; at most 20")


# ------------------------------------------------------------------ the command line


def casebrief(*arguments, standard_input: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "casebrief.evals.cli", "summarize", *map(str, arguments), "--json"]
    return subprocess.run(command, input=standard_input, capture_output=True, check=False, timeout=HANG_S)


def test_a_folder_of_files_of_all_kinds_is_one_request(tmp_path):
    for kind, content in FILES.items():
        (tmp_path / f"{kind}.bin").write_bytes(content)
    (tmp_path / ".hidden").write_bytes(b"\0\1")
    done = casebrief(tmp_path)
    assert done.returncode == 0, done.stderr
    articles = json.loads(done.stdout)["articles"]
    assert [article["source"]["kind"] for article in articles] == ["docx", "html", "mail", "pdf", "text"]


def test_standard_input_is_a_file_like_the_others():
    done = casebrief("-", standard_input=FILES["pdf"])
    assert done.returncode == 0, done.stderr
    holds(json.loads(done.stdout), "pdf")


def test_a_file_that_cannot_be_read_is_one_line_with_its_name(tmp_path):
    (tmp_path / "a.pdf").write_bytes(locked_pdf())
    for path, words in (tmp_path, "a.pdf: a PDF protected by a password"), (tmp_path / "none", "No such file"):
        done = commanded("summarize", path, "--json")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert words in done.stderr
    (tmp_path / "a.pdf").unlink()
    assert "a folder without files" in commanded("summarize", tmp_path, "--json").stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("قال المحامي إن الدعوى رفعت يوم الثلاثاء في المحكمة.", "no article could be read"),
        (
            "The weather stayed dry on Sunday, and people walked their dogs along the river until the evening.\n",
            "no fact of a case was found in what was read",
        ),
    ],
    ids=["Arabic", "other"],
)
def test_where_nothing_was_found_the_command_says_so_and_ends_with_1(tmp_path, text, words):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    done = casebrief(tmp_path / "a.txt")
    assert done.returncode == 1
    why, end = done.stderr.decode().splitlines()
    assert why.startswith("casebrief: a1: ")
    assert end == f"casebrief: {words}"
    assert json.loads(done.stdout)["ledger"][0]["facts"] == 0


def test_text_in_utf_16_and_in_an_old_encoding_is_read_from_the_command_line(tmp_path):
    story = "\n\n".join(STORY)
    (tmp_path / "a.txt").write_bytes(story.encode("utf-16"))
    (tmp_path / "b.txt").write_bytes(story.encode("cp1252"))
    done = casebrief(tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [article["text"] for article in answer["articles"]] == [story, story]
    assert answer["articles"][0]["source"]["encoding"] == "utf-16"
    assert "reason" not in answer["ledger"][0] or "guessed" not in str(answer["ledger"][0]["reason"])
    assert "the encoding was guessed" in answer["ledger"][1]["reason"]
