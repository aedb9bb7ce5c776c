"""Complaints are read strictly, an answer that failed is neither right nor wrong, and the command is no gate."""

import json

import pytest
from casebrief.evals.complaining import ComplaintError, Outcome, kinds_right, load_kinds, missed_by, outcome
from casebrief.service.domain.schema import SummaryResponse
from commanded import commanded
from complained import COMPLAINTS, party, response, right_answer

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


def test_the_command_answers_with_the_product_and_is_no_gate(tmp_path):
    out = tmp_path / "told" / "complaints.jsonl"
    done = commanded("eval", "complaints", "--reader", "labels", "--kind", "dates", "--kind", "figures", "--out", out, "--verbose")
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
    gone = commanded("eval", "complaints", "--url", "http://127.0.0.1:9", "--out", tmp_path / "x.jsonl")
    assert (gone.returncode, gone.stdout) == (3, "")
    assert "http://127.0.0.1:9 does not answer as casebrief does" in gone.stderr
    unknown = commanded("eval", "complaints", "--kind", "colours", "--out", tmp_path / "x.jsonl")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "does not hold all of: colours" in unknown.stderr
    assert commanded("eval", "complaints", "--reader", "tea", "--out", tmp_path / "x.jsonl").returncode == 2
    assert not (tmp_path / "x.jsonl").exists()


def test_the_command_tells_failed_answers_apart_and_ends_with_3(tmp_path, server_that_fails):
    out = tmp_path / "complaints.jsonl"
    done = commanded("eval", "complaints", "--url", server_that_fails, "--kind", "figures", "--out", out)
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
