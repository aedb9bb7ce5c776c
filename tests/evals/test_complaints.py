"""Complaints are read strictly, judged by what they ask and nothing else, and an answer that failed is neither right nor wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from casebrief.evals.checks import Check
from casebrief.evals.complaining import BUNDLED, ComplaintError, Outcome, kinds_right, load_kinds, missed_by, outcome
from casebrief.evals.labels import MANY, SINGLE
from casebrief.service.domain.schema import SummaryResponse
from pydantic import TypeAdapter

KINDS = load_kinds()
COMPLAINTS = [(name, complaint) for name, kind in KINDS.items() for complaint in kind.complaints]
each_complaint = pytest.mark.parametrize(("kind", "complaint"), COMPLAINTS, ids=[complaint.id for _, complaint in COMPLAINTS])
CHECK = TypeAdapter(Check)


def response(articles: int = 1, outcome: str = "used", **fields) -> dict:
    """What a service answers: nothing found but these fields. A field is one item, or a list of them."""
    ledger = [{"article": f"a{number}", "outcome": outcome, "reason": None, "facts": 0} for number in range(1, articles + 1)]
    return {"summary": {**dict.fromkeys(SINGLE), **{name: [] for name in MANY}, "abstract": None, **fields}, "ledger": ledger}


def item(value: str, normalized: dict | None = None, quote: str | None = None) -> dict:
    quoted = quote or value
    fact = {"value": value, "normalized": normalized, "guarantee": "copied", "confidence": 0.9, "independent_sources": 1}
    return fact | {"citations": [{"article": "a1", "start": 0, "end": len(quoted), "quote": quoted}]}


def party(name: str) -> dict:
    return item(name, {"name": name})


def money(amount: float, kind: str = "damages") -> dict:
    return item(f"${amount}", {"kind": kind, "amount": amount, "currency": "USD", "per": None, "qualifier": None})


def event(date: str) -> dict:
    return item(f"on {date}", {"date": date, "precision": ("year", "month", "day")[date.count("-")]})


def spoken(words: str, speaker: str | None) -> dict:
    return item(words, {"speaker": speaker})


def answered(stance: str) -> dict:
    return item(f"it {stance}", {"speaker": None, "stance": stance})


def conflict(*values: str) -> dict:
    positions = [{"value": value, "normalized": None, "citations": item(value)["citations"]} for value in values]
    return {"field": "rulings", "about": "sum", "kind": "contradiction", "positions": positions}


RULED = item("refused to hear it", {"kind": "other"})
UNDATED = item("last spring")
TRUE_OR_FALSE = [
    ({"check": "every_article_used"}, response(2), response(2, "not_about_the_case")),
    ({"check": "every_article_used"}, response(outcome="failed"), response(outcome="not_about_the_case")),
    ({"check": "words", "field": "rulings", "words": "Refused"}, response(rulings=[money(1), RULED]), response(rulings=[money(1)])),
    ({"check": "words", "field": "court", "words": "ninth"}, response(court=item("Ninth Circuit")), response(court=item("Eighth Circuit"))),
    ({"check": "words", "field": "court", "words": "ninth"}, response(court=item("Ninth Circuit")), response()),
    ({"check": "value_is", "field": "status", "value": "decided"}, response(status=item("decided")), response(status=item("filed"))),
    ({"check": "value_is", "field": "court", "value": "High Court"}, response(court=item("High Court")), response(court=item("the High Court"))),
    ({"check": "value_is", "field": "status", "value": "decided"}, response(status=item("decided")), response()),
    ({"check": "named", "field": "plaintiffs", "name": "Pell"}, response(plaintiffs=[party("Oa"), party("Pell")]), response(plaintiffs=[party("Ada Pell")])),
    ({"check": "named", "field": "plaintiffs", "name": "Pell"}, response(plaintiffs=[party("Pell")]), response(defendants=[party("Pell")])),
    ({"check": "name_holds", "field": "plaintiffs", "words": "Pell"}, response(plaintiffs=[party("Ada Pell")]), response(plaintiffs=[party("Ada pell")])),
    ({"check": "names_are", "field": "defendants", "names": ["A", "B"]}, response(defendants=[party("B"), party("A")]), response(defendants=[party("A")])),
    ({"check": "names_are", "field": "defendants", "names": ["A"]}, response(defendants=[party("A")]), response(defendants=[party("A"), party("A")])),
    ({"check": "names_are", "field": "defendants", "names": []}, response(), response(defendants=[party("A")])),
    ({"check": "number", "field": "filed_on", "count": 0}, response(), response(filed_on=event("2024"))),
    ({"check": "number", "field": "rulings", "count": 2}, response(rulings=[RULED, money(1)]), response(rulings=[RULED])),
    ({"check": "number", "field": "conflicts", "count": 0}, response(), response(conflicts=[conflict("1", "2")])),
    (
        {"check": "cited", "field": "rulings", "words": "jury"},
        response(rulings=[item("paid", quote="a jury")]),
        response(rulings=[item("a jury", quote="paid")]),
    ),
    ({"check": "sum", "field": "rulings", "amount": 5}, response(rulings=[RULED, money(5, "fine")]), response(rulings=[RULED, money(50)])),
    ({"check": "sum", "field": "rulings", "amount": 5}, response(rulings=[money(5)]), response(relief_sought=[money(5)])),
    ({"check": "sum", "field": "rulings", "amount": 5, "kind": "fees"}, response(rulings=[money(5, "fees")]), response(rulings=[money(5), money(6, "fees")])),
    ({"check": "sum", "field": "rulings", "amount": 0.5}, response(rulings=[money(0.5)]), response(rulings=[item("unspecified damages", None)])),
    ({"check": "dated", "date": "2024-03"}, response(timeline=[UNDATED, event("2024-03")]), response(timeline=[UNDATED, event("2024-03-01")])),
    ({"check": "dated", "date": "2024-03"}, response(timeline=[event("2024-03")]), response(filed_on=event("2024-03"))),
    ({"check": "dates_are", "dates": ["2023", "2024"]}, response(timeline=[event("2023"), event("2024")]), response(timeline=[event("2024")])),
    ({"check": "dates_are", "dates": []}, response(timeline=[UNDATED]), response(timeline=[event("2024")])),
    ({"check": "spoken_by", "words": "so", "speaker": "Pell"}, response(quotes=[spoken("so", "Ada Pell")]), response(quotes=[spoken("so", None)])),
    ({"check": "spoken_by", "words": "so", "speaker": "Pell"}, response(quotes=[spoken("so", "Pell")]), response(quotes=[spoken("no", "Pell")])),
    (
        {"check": "spoken_by", "words": "so", "speaker": "Pell"},
        response(quotes=[item("it is", {"speaker": "Pell"}, quote="it is so")]),
        response(quotes=[spoken("no", "Pell"), spoken("so", "Oa")]),
    ),
    ({"check": "every_stance", "stance": "denies"}, response(responses=[answered("denies")]), response(responses=[answered("denies"), answered("other")])),
    ({"check": "every_stance", "stance": "denies"}, response(), response(responses=[answered("admits")])),
    (
        {"check": "position_holds", "words": "1.8"},
        response(conflicts=[conflict("3", "4"), conflict("3", "$1.8 million")]),
        response(conflicts=[conflict("3", "18")]),
    ),
    (
        {"check": "figure", "quantity": 900000, "unit": "clerk"},
        response(figures=[item("900,000 clerks", {"quantity": 900000, "unit": "women clerks"})]),
        response(figures=[item("900,000 women", {"quantity": 900000, "unit": "women"}), item("9 clerks", {"quantity": 9, "unit": "clerks"})]),
    ),
]


@pytest.mark.parametrize(("check", "true_of", "false_of"), TRUE_OR_FALSE, ids=[f"{number} {told[0]['check']}" for number, told in enumerate(TRUE_OR_FALSE)])
def test_every_check_can_be_true_and_can_be_false(check, true_of, false_of):
    asked = CHECK.validate_python(check)
    assert asked.holds(true_of)
    assert not asked.holds(false_of)


def test_no_check_of_the_vocabulary_goes_untested_and_the_complaints_use_them_all():
    vocabulary = {get_args(kind.model_fields["check"].annotation)[0] for kind in get_args(get_args(Check)[0])}
    assert {told[0]["check"] for told in TRUE_OR_FALSE} == vocabulary
    assert {check.check for _, complaint in COMPLAINTS for check in (*complaint.must, *complaint.never)} == vocabulary


def right_answer(complaint) -> dict:
    """The least that keeps every ``must``, and some answer where saying nothing would break a ``never``."""
    found = response(len(complaint.articles))
    for check in complaint.must:
        fulfil(found["summary"], check)
    for check in complaint.never:
        if check.check == "number" and check.count == 0:
            found["summary"][check.field].append(answered("denies") if check.field == "responses" else conflict("this", "that"))
    return found


def fulfil(summary: dict, check) -> None:
    """Make one check true, adding as little as can be."""
    match check.check:
        case "words":
            add(summary, check.field, item(check.words, {"name": check.words}))
        case "value_is":
            add(summary, check.field, item(check.value))
        case "named":
            add(summary, check.field, party(check.name))
        case "name_holds":
            add(summary, check.field, party(f"the {check.words}"))
        case "names_are":
            summary[check.field] = [party(name) for name in check.names]
        case "number" if check.count:
            summary[check.field] += [party(f"item {number}") for number in range(check.count - len(summary[check.field]))]
        case "cited":
            add(summary, check.field, item(check.words))
        case "sum":
            add(summary, check.field, money(check.amount, check.kind or "fine"))
        case "dated":
            add(summary, "timeline", event(check.date))
        case "dates_are":
            summary["timeline"] = [event(date) for date in check.dates]
        case "spoken_by":
            add(summary, "quotes", spoken(check.words, check.speaker))
        case "position_holds":
            add(summary, "conflicts", conflict("this", check.words))
        case "figure":
            add(summary, "figures", item("so many", {"quantity": check.quantity, "unit": check.unit}))


def add(summary: dict, field: str, found: dict) -> None:
    if field in SINGLE:
        summary[field] = found
    else:
        summary[field].append(found)


def spoil(found: dict, check) -> None:
    """Make one check that holds false."""
    summary, field = found["summary"], check.looks_at()
    match check.check:
        case "every_article_used":
            found["ledger"][0]["outcome"] = "not_about_the_case"
        case "every_stance":
            summary["responses"].append(answered("admits"))
        case "dates_are":
            summary["timeline"].append(event("1999"))
        case "names_are":
            summary[field].append(party("Zzyzx"))
        case "number":
            add(summary, field, event("1999") if field in SINGLE else party("one more"))
        case _:
            summary[field] = None if field in SINGLE else []


@each_complaint
def test_a_right_answer_is_right_and_each_single_fault_makes_it_wrong(kind, complaint):
    """One fault a check: what must hold is taken away, what must never hold is added."""
    assert missed_by(complaint, right_answer(complaint)) == []
    for check in complaint.must:
        found = right_answer(complaint)
        spoil(found, check)
        assert f"must: {check}" in [missed.expected for missed in missed_by(complaint, found)]
    for check in complaint.never:
        found = right_answer(complaint)
        if check.check == "number":
            found["summary"][check.field] = []
        else:
            fulfil(found["summary"], check)
        assert [missed.expected for missed in missed_by(complaint, found)] == [f"never: {check}"]


def test_all_43_load_each_under_its_own_id_with_its_articles():
    ids = [complaint.id for _, complaint in COMPLAINTS]
    assert len(ids) == len(set(ids)) == 43
    assert [kind.number for kind in KINDS.values()] == list(range(1, 16))
    texts = [article.text for _, complaint in COMPLAINTS for article in complaint.articles]
    assert len(texts) == len(set(texts)) == 49
    assert sum(article.published_on is None for _, complaint in COMPLAINTS for article in complaint.articles) == 1
    assert not [text for text in texts if text != text.strip()]
    assert {path.stem for path in BUNDLED.iterdir()} == set(KINDS)


def test_what_silence_keeps_is_known():
    """A summary that says nothing keeps these: they ask only that something is not said. A count of right ones means no more than that for them."""
    kept = [complaint.id for _, complaint in COMPLAINTS if not missed_by(complaint, response(len(complaint.articles)))]
    assert kept == ["1b", "4a", "4b", "5a", "5b", "5c", "7a", "7b", "7c", "10a", "10b"]


def test_a_complaint_is_asked_as_a_client_would():
    _, complaint = next(told for told in COMPLAINTS if told[1].id == "13b")
    assert [(article.id, article.published_on) for article in complaint.case.articles] == [("a1", None)]
    assert complaint.case.articles[0].text == complaint.articles[0].text


WRONG = {
    "no toml": ("number = ", "at line 1"),
    "a key twice": ("number = 1\nnumber = 2", "at line 2"),
    "an unknown key": ("colour = 1", "colour: Extra inputs are not permitted"),
    "no title": ("title = ''", "title: String should have at least 1 character"),
    "a number as text": ('number = "3"', "number: Input should be a valid integer"),
    "an id of another kind": ("complaints.id = '4a'", "the ids of kind 3 are 3a, 3b …, found 4a"),
    "an id that is none": ("complaints.id = 'first'", "complaints 1, id: String should match pattern"),
    "a day that is text": ("articles.published_on = '2024-01-02'", "complaints 1, articles 1, published_on: Input should be a valid date"),
    "a day with its hour": ("articles.published_on = 2024-01-02T10:00:00", "complaints 1, articles 1, published_on: Input should be a valid date"),
    "an empty article": ("articles.text = ''", "complaints 1, articles 1, text: String should have at least 1 character"),
    "nothing asked": ("complaints.must = []", "complaints 1: nothing is asked of the answer"),
    "an unknown check": ("complaints.must = [{check = 'nice'}]", "complaints 1, must 1: Input tag 'nice'"),
    "an unknown key of a check": ("complaints.must = [{check = 'dated', date = '2024', day = 1}]", "complaints 1, must 1, dated, day: Extra inputs"),
    "an unknown field": ("complaints.must = [{check = 'number', field = 'verdicts', count = 1}]", "complaints 1, must 1, number, field: no field of a summary"),
    "a field of many": ("complaints.must = [{check = 'value_is', field = 'rulings', value = 'x'}]", "must 1, value_is, field: no field with one value"),
    "a status that is none": ("complaints.must = [{check = 'value_is', field = 'status', value = 'won'}]", "status is never 'won'; it is one of decided"),
    "a day that is none": ("complaints.must = [{check = 'dated', date = 'March'}]", "complaints 1, must 1, dated, date: String should match pattern"),
    "words of no article": ("complaints.must = [{check = 'named', field = 'defendants', name = 'Pel'}]", "words that stand in no article: 'Pel'"),
    "a kind of sum that is none": (
        "complaints.must = [{check = 'sum', field = 'rulings', amount = 1, kind = 'bribe'}]",
        "must 1, sum, kind: Input should be 'damages'",
    ),
}


def kind_file(changed: str = "") -> str:
    """A right file of one complaint; or one line of it changed, as "key = value", where a key of a complaint or an article says so."""
    tables: dict[str, dict[str, str]] = {
        "": {"number": "3", "title": "'About suits'"},
        "complaints": {"id": "'3a'", "right": "'Oa sued.'", "must": "[{check = 'named', field = 'plaintiffs', name = 'Oa'}]"},
        "articles": {"published_on": "2024-01-02", "text": "'Oa sued Bo.'"},
    }
    lines = changed.splitlines()
    if len(lines) == 1:
        key, _, value = lines[0].partition(" = ")
        table, _, name = key.rpartition(".")
        tables[table][name] = value
        lines = []
    told = {name: [f"{key} = {value}" for key, value in table.items()] for name, table in tables.items()}
    return "\n".join([*lines, *told[""], "[[complaints]]", *told["complaints"], "[[complaints.articles]]", *told["articles"]]) + "\n"


def test_a_right_file_is_read(tmp_path):
    (tmp_path / "suits.toml").write_text(kind_file())
    kinds = load_kinds(tmp_path)
    assert [complaint.id for complaint in kinds["suits"].complaints] == ["3a"]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_is_refused_with_file_place_and_reason(tmp_path, wrong):
    path = tmp_path / "suits.toml"
    path.write_text(kind_file(WRONG[wrong][0]))
    with pytest.raises(ComplaintError) as refused:
        load_kinds(tmp_path)
    assert str(refused.value).startswith(f"{path}: ")
    assert WRONG[wrong][1] in str(refused.value)


def test_two_files_of_one_number_and_an_id_twice_are_refused(tmp_path):
    (tmp_path / "suits.toml").write_text(kind_file())
    (tmp_path / "trials.toml").write_text(kind_file())
    with pytest.raises(ComplaintError, match=r"trials\.toml: number: 3 is the number of suits\.toml as well"):
        load_kinds(tmp_path)
    (tmp_path / "trials.toml").unlink()
    one = kind_file()
    (tmp_path / "suits.toml").write_text(one + one[one.index("[[complaints]]") :])
    with pytest.raises(ComplaintError, match="ids that stand there twice: 3a"):
        load_kinds(tmp_path)


def test_an_unknown_kind_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(ComplaintError, match="holds no complaints"):
        load_kinds(tmp_path)
    with pytest.raises(ComplaintError, match="does not hold all of: dates, colours; it holds allegations"):
        load_kinds(only=["dates", "colours"])
    assert list(load_kinds(only=["figures", "dates"])) == ["dates", "figures"]


class Answers:
    """Answers with what was laid down; an exception is raised."""

    name = "laid down"

    def __init__(self, found) -> None:
        self.found = found

    def settings(self) -> dict[str, object]:
        return {}

    def answer(self, case):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def test_an_answer_that_failed_or_cannot_be_judged_is_neither_right_nor_wrong():
    kind, complaint = COMPLAINTS[0]
    failed = outcome(kind, complaint, Answers(ConnectionError("the service is gone")))
    assert (failed.right, failed.missed, failed.error) == (None, [], "ConnectionError: the service is gone")
    for unjudgeable in ({}, {"summary": {}, "ledger": []}, {"summary": None}):
        found = outcome(kind, complaint, Answers(unjudgeable))
        assert found.right is None
        assert found.error
    right, wrong = outcome(kind, complaint, Answers(right_answer(complaint))), outcome(kind, complaint, Answers(response(2)))
    assert (right.right, wrong.right) == (True, False)
    assert kinds_right([right, failed, wrong]) == [("articles thrown out", "1 of 2, 1 not answered"), ("all kinds", "1 of 2, 1 not answered")]
    assert kinds_right([failed])[0] == ("articles thrown out", "0 of 0, 1 not answered")


def test_rows_are_by_kind_and_over_all():
    outcomes = [outcome(kind, complaint, Answers(right_answer(complaint))) for kind, complaint in COMPLAINTS]
    rows = kinds_right(outcomes)
    assert rows[-1] == ("all kinds", "43 of 43")
    assert rows[5] == ("dates", "5 of 5")
    assert len(rows) == 16


def test_a_miss_tells_what_was_asked_and_what_came():
    _, complaint = next(told for told in COMPLAINTS if told[1].id == "2a")
    missed = missed_by(complaint, response(plaintiffs=[party("Marlow Keene")], defendants=[party("Brantek"), party("Keene")]))
    assert [(found.expected, found.came) for found in missed] == [
        ("never: words (field 'defendants', words 'Keene')", ["Brantek (name Brantek)", "Keene (name Keene)"])
    ]


def casebrief(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "casebrief.evals.cli", "eval", "complaints", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_answers_with_the_product_and_is_no_gate(tmp_path):
    out = tmp_path / "told" / "complaints.jsonl"
    done = casebrief("--reader", "labels", "--kind", "dates", "--kind", "figures", "--out", out, "--verbose")
    assert done.returncode == 0, done.stderr
    outcomes = [Outcome.model_validate_json(line) for line in out.read_text().splitlines()]
    assert [found.complaint for found in outcomes] == ["6a", "6b", "6c", "6d", "6e", "15a", "15b"]
    for found in outcomes:
        assert SummaryResponse.model_validate(found.response).provenance.reader == "labels"
    for label, share in kinds_right(outcomes):
        assert any(line.split() == [*label.split(), *share.split()] for line in done.stdout.splitlines()), done.stdout
    for found in outcomes:
        assert (f"{found.complaint} ({found.kind}): " in done.stdout) == (found.right is False)


def test_the_command_ends_with_3_when_nobody_answers_and_2_on_a_wrong_kind_or_reader(tmp_path):
    gone = casebrief("--url", "http://127.0.0.1:9", "--out", tmp_path / "x.jsonl")
    assert (gone.returncode, gone.stdout) == (3, "")
    assert "http://127.0.0.1:9 does not answer as casebrief does" in gone.stderr
    unknown = casebrief("--kind", "colours", "--out", tmp_path / "x.jsonl")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "does not hold all of: colours" in unknown.stderr
    assert casebrief("--reader", "tea", "--out", tmp_path / "x.jsonl").returncode == 2
    assert not (tmp_path / "x.jsonl").exists()


def test_the_command_tells_failed_answers_apart_and_ends_with_3(tmp_path, server_that_fails):
    out = tmp_path / "complaints.jsonl"
    done = casebrief("--url", server_that_fails, "--kind", "figures", "--out", out)
    assert done.returncode == 3
    assert [json.loads(line)["right"] for line in out.read_text().splitlines()] == [None, None]
    assert "0 of 0, 2 not answered" in done.stdout
    assert "casebrief: 15a: HTTPStatusError" in done.stderr


@pytest.fixture
def server_that_fails():
    """The address of a service that is ready and answers every request with 503."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Failing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.told(200)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.told(503)

        def told(self, status: int) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *arguments) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Failing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
