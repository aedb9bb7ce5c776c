"""Corrected case files as cases that teach and measure: what was corrected reads back as marks on the same words, and a summary as corrected is right by its own labels."""

import json
import re

import pytest
from casebrief.evals.converting import labelled
from casebrief.evals.import_cli import import_command
from casebrief.evals.importing import marked_text
from casebrief.evals.labels import load_cases
from casebrief.evals.marked import MarkedCase, load_marked
from casebrief.evals.marks import score_marks
from casebrief.evals.scoring import score_case
from casebrief.models.training.examples import KINDS, LABELS, NOT_TOLD, Tokenizer, example
from casebrief.models.training.feeding import STEP_TOKENS, steps
from casebrief.service.cases.store import Addition, CaseStore, NewVersion
from casebrief.service.corrections.asking import Selected, Wanted
from casebrief.service.corrections.laying import applied
from casebrief.service.corrections.words import Sources
from casebrief.service.domain.schema import SummaryResponse
from casebrief.service.domain.view import seen
from casebrief.service.edges.corrected import case_now, correct
from casebrief.service.pipeline.articles import Submitted
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from service.test_corrections import CASE, asked, facts, made_of, wants, words
from told import TEXTS, response

MADE = asked(
    Wanted(action="accept", field="filed_on"),
    Wanted(action="accept", field="relief_sought"),
    Wanted(action="change", field="status", choice="filed", words=words("was sued")),
    Wanted(action="change", field="responses", value="denied it", choice="other"),
    Wanted(action="change", field="figures", value="about 2.4 million users", words=words("$5,000 per violation")),
    Wanted(action="delete", field="quotes"),
    Wanted(action="add", field="court", words=words("federal court in Oakland, California")),
    Wanted(action="add", field="plaintiffs", words=words("Odile Fenwright")),
    Wanted(action="add", field="timeline", words=words("Tuesday night")),
)


def marked(made, tmp_path, of: SummaryResponse = CASE, texts: dict[str, str] = TEXTS) -> MarkedCase:
    told = applied(of, made, texts)
    path = tmp_path / "a-case.case"
    path.write_text(marked_text("a-case", told, made, Sources(told, texts)).text, encoding="utf-8")
    return load_marked(path)


def marks(case: MarkedCase, field: str) -> set[tuple[str, str, str | None, str | None]]:
    return {(one.id, one.text[mark.start : mark.end], mark.member, mark.value) for one in case.articles for mark in one.marks if mark.field == field}


def test_what_was_corrected_reads_back_as_marks_on_the_same_words(tmp_path):
    case = marked(MADE, tmp_path)
    assert marks(case, "court") == {("wire", "federal court in Oakland, California", None, "cand")}
    assert marks(case, "plaintiffs") == {("wire", "Odile Fenwright", None, None)}
    assert marks(case, "status") == {("wire", "was sued", "filed", None)}
    assert marks(case, "responses") == {("wire", "declined to comment", "declined_to_comment", None), ("daily", "denied it", "other", None)}
    assert ("wire", "$5,000 per violation", None, "5000 USD") in marks(case, "figures")
    assert marks(case, "timeline") == {("daily", "May 12", None, "2025-05-12"), ("wire", "Tuesday night", None, "2025-03-04")}
    assert marks(case, "quotes") == set()
    assert case.absent == ("quotes",)
    assert [article.status for article in case.articles] == ["filed", "", ""], "what nobody said of an article is left open"
    assert case.kind == ""
    assert [article.text[slice(*article.furniture[0])] for article in case.articles[:1]] == ["Menu | Sport | Weather"]
    assert [seen(TEXTS[article.id]).text.strip() for article in case.articles] == [article.text.strip() for article in case.articles]


def test_a_summary_as_corrected_is_right_by_its_own_marks(tmp_path):
    case = marked(MADE, tmp_path)
    told = applied(CASE, MADE, TEXTS)
    # Offsets of marks count the view: of these texts it drops carriage returns before the marks of one article.
    summary = json.loads(told.summary.model_dump_json(by_alias=True))
    for citation in [citation for one in _all(summary) for citation in one["citations"]]:
        before = TEXTS[citation["article"]][: citation["start"]]
        citation["start"], citation["end"] = citation["start"] - before.count("\r"), citation["end"] - before.count("\r")
    score = score_marks(case, None, summary)
    assert {name: count for name, count in score.counts.items() if name.startswith("touching right")} == {
        name.replace("cited", "touching right"): count for name, count in score.counts.items() if re.match(r"cited( |$)", name)
    }
    assert labelled(case).scored >= {"court", "status", "figures"}


def _all(summary):
    for name, value in summary.items():
        if name not in ("conflicts", "abstract") and value:
            yield from value if isinstance(value, list) else [value]


def test_it_is_taught_beside_the_corpus_and_nothing_that_nobody_said(tmp_path, catalog):
    case = marked(MADE, tmp_path)
    tokenizer = Tokenizer(catalog.path(catalog.default))
    taught = [example(article, case, tokenizer) for article in case.articles]
    assert [one.kinds for one in taught] == [
        (NOT_TOLD, KINDS["status"].index("filed"), KINDS["related"].index("related")),
        *[(NOT_TOLD, NOT_TOLD, KINDS["related"].index("related"))] * 2,
    ]
    courts = [spot for spot in taught[0].spots if LABELS[spot.label] == "court"]
    (first, _), (_, last) = (taught[0].places[place] for place in (courts[0].start, courts[0].end - 1))
    assert case.articles[0].text[first:last].strip() == "federal court in Oakland, California"
    assert sum(one.tokens for one in next(steps([case], tokenizer))) >= STEP_TOKENS


@settings(max_examples=25)
@given(wants())
def test_whatever_was_corrected_reads_back(tmp_path_factory, wanted):
    made = made_of(wanted)
    case = marked(made, tmp_path_factory.mktemp("cases"))
    told = applied(CASE, made, TEXTS)
    chosen = {one.fact.corrected.at: one for one in facts(told) if one.fact.corrected and one.fact.corrected.action != "accept" and one.field != "timeline"}
    for correction in made:
        if correction.at in chosen and correction.words.quote.strip() and "\n" not in correction.words.quote:
            written = {quote for _, quote, *_ in marks(case, correction.field)}
            crossing = [one for one in made if one.words and one.at in chosen and one is not correction and one.words.article == correction.words.article]
            unmarkable = correction.field in ("counsel", "figures") or crossing
            assert unmarkable or seen(correction.words.quote).text.strip() in written


@settings(max_examples=60)
@given(st.text(st.sampled_from("ab[]|~=. \n\r"), min_size=1, max_size=60).filter(str.strip), st.data())
def test_no_text_is_taken_for_marks(tmp_path_factory, text, data):
    texts = {"a": text}
    start = data.draw(st.integers(0, len(text) - 1))
    selected = Selected(article="a", start=start, end=data.draw(st.integers(start + 1, len(text))))
    try:
        made = asked(Wanted(action="add", field="allegations", words=selected), of=response(texts, {}), texts=texts)
    except ValueError:
        made = []
    case = marked(made, tmp_path_factory.mktemp("cases"), response(texts, {}), texts)
    shown = "".join(letter if letter not in "[]()~=-" else "?" for letter in seen(text).text.strip())
    assert shown == "".join(letter if letter not in "[]()~=-" else "?" for letter in case.articles[0].text.strip())
    assert len(case.articles[0].marks) <= len(made)


@pytest.fixture
def store(tmp_path, monkeypatch) -> CaseStore:
    monkeypatch.setenv("CASEBRIEF_CASES_DIR", str(tmp_path / "cases"))
    store = CaseStore(tmp_path / "cases" / "cases.sqlite")
    store.new("phones")
    versions = [NewVersion(one.id, one.sha256, TypeAdapter(Submitted).dump_json(Submitted(one.id, TEXTS[one.id]))) for one in CASE.articles]
    store.add("phones", 0, Addition(versions, CASE.model_dump_json(by_alias=True), {}, []))
    wanted = [Wanted(action="accept", field="filed_on"), Wanted(action="delete", field="quotes"), Wanted(action="accept", field="timeline")]
    wanted += [Wanted(action="accept", field=name, value=value) for name, value in (("responses", "denied it"), ("figures", "more than 3 million users"))]
    wanted.append(Wanted(action="change", field="figures", value="about 2.4 million users", words=words("$5,000")))
    correct(store, "phones", wanted, "Jo")
    return store


def test_the_command_makes_cases_that_measure_only_what_people_looked_at(store, tmp_path, capsys):
    import_command(["phones"], tmp_path / "labels", "cases")
    (case,) = load_cases(tmp_path / "labels")
    assert case.scored == {"filed_on", "timeline", "figures", "quotes"}, "of two responses one was not looked at"
    score = score_case(case, json.loads(case_now(store, "phones").response.model_dump_json(by_alias=True)))
    assert [fact.credit for fact in score.facts] == [1.0] * 4
    assert score.absent == {"quotes": True}
    assert "4 facts, 1 fields that nothing states" in capsys.readouterr().out


def test_a_file_of_cases_gives_those_that_were_corrected(store, tmp_path, capsys):
    store.new("empty")
    import_command([str(tmp_path / "cases" / "cases.sqlite")], tmp_path / "corpus", "corpus")
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == ["phones.case"]
    assert ("wire", "$5,000", None, "5000 USD") in marks(load_marked(tmp_path / "corpus" / "phones.case"), "figures")
    assert "marks" in capsys.readouterr().out


def test_the_filing_that_the_timeline_holds_is_marked_as_the_filing_alone(tmp_path):
    """The corpus marks its words once; what a person states as an event stays one."""
    filed = CASE.summary.filed_on
    event = filed.model_copy(update={"value": filed.citations[0].quote, "guarantee": "copied"})
    of = CASE.model_copy(update={"summary": CASE.summary.model_copy(update={"timeline": [event, *CASE.summary.timeline]})})
    case = marked([], tmp_path, of)
    assert ("wire", "Tuesday night", None, "2025-03-04") in marks(case, "filed_on")
    assert marks(case, "timeline") == {("daily", "May 12", None, "2025-05-12")}
