"""The scorer of marks measures what it says: perfect summaries are perfect in every figure and dress, and each fault lowers its own figures alone."""

import copy
import json
from pathlib import Path

import pytest
from casebrief.evals import marks, totals
from casebrief.evals.converting import labelled
from casebrief.evals.dress import DRESSES, put_on, taken_off
from casebrief.evals.figures import CaseTable
from casebrief.evals.marked import load_marked
from casebrief.evals.marks import LESS_IS_BETTER, score_marks
from casebrief.evals.scoring import score_case
from casebrief.evals.sets import load_set
from hypothesis import given, settings
from hypothesis import strategies as st
from perfect import perfect
from worn import worn

CORPUS = load_set("corpus")
CASES = {case.id: case for case in CORPUS.cases}

SMALL = """\
id: small
kind: civil
country: US
absent: caption
=== a1 | Daily | 2025-03-04 | filed
[plaintiffs|Ada Pell] [status.filed|sued] [defendants|Norvane Inc] on [filed_on=2025-03-03|Monday] in a [proceeding.civil|civil suit].

It [allegations#sold!|sold her address]. It [allegations#kept|kept her money]. She wants [relief_sought.damages|damages of $5] and [relief_sought.injunction|an order].

A ruling is due on [timeline=2025-04-01|April 1]. [speaker|Norvane] [responses.denies|denies it all]. Nobody marked this sentence about the weather.
=== a2 | Weekly | 2025-03-05 | pending
The court [rulings.injunction|stopped the sale] of the list on [timeline=2025-03-05|Wednesday]. It [allegations#sold|sold her address].
=== a3 | Other | 2025-03-05 | unrelated
A shop in another town opened its doors.
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("marked") / "small.case"
    path.write_text(SMALL)
    return load_marked(path)


def figures_of(case, second, summary) -> dict[str, float | None]:
    """Every figure over all and of every field."""
    table = CaseTable([(case.id, score_marks(case, second, summary).counts)])
    told = {name: table.value(figure) for name, figure in marks.figures().items()}
    for name in marks.CITED:
        for way in ("near", "touching"):
            told |= {f"{name} {way} {label}": table.value(figure) for label, figure in zip("PRF", marks.of_field(way, name), strict=True)}
        told |= {f"{name} {label}": table.value(figure) for label, figure in zip(marks.STEERING, marks.either_and_agreed(name), strict=True)}
    return told


def is_perfect(figures: dict[str, float | None]) -> bool:
    return all(value in (None, 0.0 if name in LESS_IS_BETTER else 1.0) for name, value in figures.items())


@pytest.mark.parametrize("name", CASES)
def test_a_summary_made_of_the_marks_is_perfect_in_every_figure(name):
    case, response = CASES[name], perfect(CASES[name])
    found = figures_of(CORPUS.marked[name], CORPUS.second[name], response["summary"])
    assert is_perfect(found), found
    assert found[marks.EITHER] == found[marks.AGREED] == found["touching: F"] == found["near: F"] == 1
    facts = score_case(case, response)
    assert facts.recall() == facts.precision() == 1
    assert not facts.errors
    assert all(facts.absent.values())
    table = totals.table_of([facts])
    assert {table.value(figure) for label, figure in totals.figures().items() if label != totals.CALIBRATION_ERROR} <= {1.0, None}
    assert table.value(totals.calibration_error) == 0


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("dress", DRESSES)
def test_a_perfect_answer_to_dressed_texts_is_perfect(dress, wide):
    changed = 0
    for number, (name, case) in enumerate(CASES.items()):
        plain = perfect(case)
        told = worn(case, dress, plain, wide=wide)
        sent = {article.id: article.text for article in put_on(case, dress).articles}
        changed += any(article.text != sent[article.id] for article in case.articles)
        raw = copy.deepcopy(told)
        mapped = taken_off(case, dress, told)
        assert told == raw, "the raw response stays as it came"
        assert is_perfect(figures_of(CORPUS.marked[name], CORPUS.second[name], mapped["summary"])), (name, dress)
        if number % 3 == 0:
            facts = score_case(case, mapped)
            assert facts.recall() == facts.precision() == 1, [e for e in facts.errors if e.cost]
            assert not facts.ungrounded
    assert changed > len(CASES) / 2 or dress in ("undated", "nfd"), changed


def changed_by(small, change) -> set[str]:
    """The figures that a change of the perfect summary moves, each the worse for it."""
    before = perfect(labelled(small))["summary"]
    after = copy.deepcopy(before)
    change(after)
    old, new = figures_of(small, None, before), figures_of(small, None, after)
    assert is_perfect(old)
    for name in old:
        if None not in (old[name], new[name]):
            assert new[name] >= old[name] if name in LESS_IS_BETTER else new[name] <= old[name], name
    return {name for name in old if old[name] != new[name]}


def of(field: str, labels: str, *ways: str) -> set[str]:
    """Names of a field's figures and of those over all: of("rulings", "RF", "near")."""
    words = {"P": "precision", "R": "recall", "F": "F"}
    return {f"{field} {way} {label}" for way in ways for label in labels} | {f"{way}: {words[label]}" for way in ways for label in labels}


BOTH = ("near", "touching")


def test_a_dropped_fact_costs_recall_of_its_field_alone(small):
    assert changed_by(small, lambda summary: summary["allegations"].pop()) == of("allegations", "RF", *BOTH)


def test_a_dropped_event_costs_its_day_too(small):
    assert changed_by(small, lambda summary: summary["timeline"].pop(0)) == of("timeline", "RF", *BOTH) | {"days of events: recall"}


def test_a_shifted_citation_costs_precision_and_recall_of_its_field(small):
    """Moved into words of another mark's sentence, so that nothing leaks."""

    def shift(summary) -> None:
        cited = summary["rulings"][0]["citations"][0]
        cited["start"], cited["end"] = cited["end"] + 1, cited["end"] + 12

    assert changed_by(small, shift) == of("rulings", "PRF", *BOTH)


def test_a_citation_cut_short_touches_and_is_no_longer_near(small):
    def cut(summary) -> None:
        cited = summary["rulings"][0]["citations"][0]
        cited["end"] = cited["start"] + (cited["end"] - cited["start"]) * 2 // 5

    assert changed_by(small, cut) == of("rulings", "PRF", "near")


def test_a_wide_citation_touches_and_is_no_longer_near(small):
    def widen(summary) -> None:
        cited = summary["rulings"][0]["citations"][0]
        cited["end"] += 2 * (cited["end"] - cited["start"])

    assert changed_by(small, widen) == of("rulings", "PRF", "near")


def test_swapped_members_cost_members_alone(small):
    def swap(summary) -> None:
        one, other = summary["relief_sought"]
        one["normalized"], other["normalized"] = other["normalized"], one["normalized"]

    assert changed_by(small, swap) == {"members right"}


def test_a_fact_in_another_field_costs_recall_there_and_precision_here(small):
    def move(summary) -> None:
        summary["allegations"].append(summary["rulings"].pop())

    moved = changed_by(small, move)
    assert {"rulings touching R", "rulings near R", "allegations touching P", "allegations near P", "touching: precision", "touching: recall"} <= moved
    assert not {"allegations touching R", "leaks: from sentences without a mark", "members right"} & moved


def test_a_fact_from_an_unmarked_sentence_leaks_and_costs_precision(small):
    def invent(summary) -> None:
        place = small.articles[0].text.index("the weather")
        cited = {"article": "a1", "start": place, "end": place + 11, "quote": "the weather"}
        summary["allegations"].append({"value": "x", "citations": [cited]})

    assert changed_by(small, invent) == of("allegations", "PF", *BOTH) | {"leaks: from sentences without a mark"}


def test_a_fact_from_an_article_about_something_else_leaks(small):
    cited = {"article": "a3", "start": 0, "end": 6, "quote": "A shop"}
    moved = changed_by(small, lambda summary: summary["allegations"].append({"value": "x", "citations": [cited]}))
    assert moved == of("allegations", "PF", *BOTH) | {"leaks: from articles about something else"}


def test_a_fact_from_an_article_that_nobody_sent_costs_precision(small):
    cited = {"article": "a9", "start": 0, "end": 6, "quote": "A shop"}
    moved = changed_by(small, lambda summary: summary["allegations"].append({"value": "x", "citations": [cited]}))
    assert moved == of("allegations", "PF", *BOTH) | {"leaks: from sentences without a mark"}


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (lambda summary: summary["proceeding"].update(value="criminal"), {"proceeding right, of cases"}),
        (lambda summary: summary["status"].update(value="filed"), {"status right, of cases"}),
        (lambda summary: summary.update(status=None), {"status right, of cases"}),
        (lambda summary: summary["filed_on"]["normalized"].update(date="2025-03-02"), {"day of filing: precision", "day of filing: recall"}),
        (lambda summary: summary["filed_on"].update(normalized=None), {"day of filing: precision", "day of filing: recall"}),
        (lambda summary: summary["timeline"][0]["normalized"].update(date="2025-04-02"), {"days of events: precision", "days of events: recall"}),
    ],
)
def test_a_wrong_value_costs_its_own_figure_alone(small, change, moved):
    assert changed_by(small, change) == moved


def test_where_a_second_reader_marked_otherwise_either_is_right_and_only_what_both_marked_is_asked_for(small, tmp_path):
    path = tmp_path / "small.case"
    path.write_text(SMALL.replace("[allegations#kept|kept her money]", "kept her money").replace("the sale] of the list", "the sale of the list]"))
    second = load_marked(path)
    summary = perfect(labelled(small))["summary"]
    summary["allegations"] = [item for item in summary["allegations"] if "kept" not in item["value"]]
    found = figures_of(small, second, summary)
    assert (found[f"allegations {marks.AGREED}"], found["allegations touching R"]) == (1, pytest.approx(2 / 3))
    theirs = perfect(labelled(second))["summary"]
    theirs["relief_sought"][0]["citations"] = []
    told = figures_of(small, second, theirs)
    assert told[marks.EITHER] == 1
    assert told[marks.AGREED] < 1


def test_dropping_any_fact_of_the_corpus_costs_its_field_recall_and_nothing_else():
    dropped = 0
    for name, case in CASES.items():
        right = perfect(case)["summary"]
        for field in ("allegations", "rulings", "defendants", "timeline", "figures"):
            if right[field]:
                told = copy.deepcopy(right)
                told[field].pop(0)  # the filing, which the timeline may lack, is the last
                told["conflicts"] = []
                found = figures_of(CORPUS.marked[name], CORPUS.second[name], told)
                kept = figures_of(CORPUS.marked[name], CORPUS.second[name], right | {"conflicts": []})
                assert found[f"{field} near R"] < kept[f"{field} near R"], (name, field)
                other = {
                    key
                    for key in found
                    if found[key] != kept[key] and not key.startswith((field, "near", "touching", "days of events", marks.AGREED, marks.SAME_FACT))
                }
                assert other <= {"members right"}, (name, field, other)
                dropped += 1
    assert dropped > 200


def test_a_summary_that_says_nothing_has_no_precision_and_no_recall(small):
    found = figures_of(small, small, {})
    assert found["touching: precision"] is None
    assert found["touching: F"] is None
    assert found[marks.EITHER] is None
    assert found["touching: recall"] == found[marks.AGREED] == found["day of filing: recall"] == found["status right, of cases"] == 0


def test_nothing_of_a_case_without_marks_is_right(tmp_path):
    path = tmp_path / "bare.case"
    path.write_text("id: bare\nkind: civil\n=== a1 | - | - | unrelated\nA shop opened.\n")
    bare = load_marked(path)
    cited = {"article": "a1", "start": 0, "end": 6, "quote": "A shop"}
    found = figures_of(bare, None, {"allegations": [{"value": "x", "citations": [cited]}]})
    assert found["touching: precision"] == 0
    assert found["touching: recall"] is None
    assert found["leaks: from articles about something else"] == 1


CITATIONS = st.lists(
    st.fixed_dictionaries(
        {"article": st.sampled_from(["a1", "a2", "a3", "a9", ""]), "quote": st.text(max_size=8)},
        optional={"start": st.integers(-5, 500), "end": st.integers(-5, 500)},
    ),
    max_size=3,
)
ITEMS = st.fixed_dictionaries(
    {"value": st.text(max_size=8)},
    optional={
        "citations": CITATIONS | st.none(),
        "normalized": st.none() | st.dictionaries(st.sampled_from(["date", "kind", "for", "stance", "name", "court_id"]), st.text(max_size=10) | st.none()),
        "positions": st.lists(st.fixed_dictionaries({"value": st.text(max_size=4)}, optional={"citations": CITATIONS}), max_size=2),
        "field": st.sampled_from(["figures", "timeline", "status"]),
        "kind": st.sampled_from(["contradiction", "superseded"]),
    },
)
FIELDS = (*marks.CITED, "proceeding", "status", "conflicts")


@settings(deadline=None, max_examples=60)
@given(summary=st.dictionaries(st.sampled_from(FIELDS), st.none() | ITEMS | st.lists(ITEMS | st.text(max_size=3), max_size=3), max_size=6))
def test_whatever_a_summary_holds_it_is_scored_between_0_and_1(small, summary):
    for case, marked in ((labelled(small), small), (CORPUS.cases[0], CORPUS.marked[CORPUS.cases[0].id])):
        figures = figures_of(marked, marked, summary)
        assert all(value is None or 0 <= value <= 1 for value in figures.values()), figures
        facts = score_case(case, {"summary": summary})
        assert facts.recall() is None or 0 <= facts.recall() <= 1
        for dress in ("markdown", "nfd"):
            json.dumps(taken_off(case, dress, {"summary": summary}))


def test_the_hash_of_the_matchers_is_over_every_file_that_decides(monkeypatch, tmp_path):
    from casebrief.evals import matching

    here = Path(matching.__file__).parent
    files, told = ("matching.py", "items.py", "marks.py", "converting.py"), set()
    for changed in ("", *files):
        folder = tmp_path / (changed or "as-it-is")
        folder.mkdir()
        for name in files:
            (folder / name).write_bytes((here / name).read_bytes() + (b"#" if name == changed else b""))
        monkeypatch.setattr(matching, "__file__", str(folder / "matching.py"))
        told.add(matching.matchers_sha256())
    assert len(told) == 5


def test_places_of_one_fact_that_are_told_as_two_cost_the_pair(small):
    """`sold` stands in two articles under one id."""

    def apart(summary) -> None:
        (told,) = [item for item in summary["allegations"] if len(item["citations"]) > 1]
        summary["allegations"].append({**told, "citations": told["citations"][1:]})
        told["citations"] = told["citations"][:1]

    assert changed_by(small, apart) == {marks.SAME_FACT}
