"""Marked cases are read strictly: offsets slice back, and every fault is told with its file and line."""

import pytest
from casebrief.evals.converting import labelled
from casebrief.evals.labels import LabelError
from casebrief.evals.marked import load_folder, load_marked

TEXT = """\
id: fine
kind: civil
country: US
note: one
names:
  company: Norvane Inc | Norvane
conflicts:
  - figures contradiction one two
absent: judge
=== a1 | Daily | 2025-03-04 | filed
[defendants|Norvane Inc] got [status.filed|sued] on [filed_on=2025-03-03|Monday] over [allegations#sold!|selling [figures#one=5 lists!|five lists]].

~ Read more [here]
=== a2 | - | - | pending
Norvane sold [figures#two=6 lists|six lists] [sic].
=== a3 | Daily | 2025-03-04 | filed | copy_of=a1
[defendants|Norvane Inc] again.
"""


def read(tmp_path, text: str):
    path = tmp_path / "fine.case"
    path.write_text(text)
    return load_marked(path)


def test_marks_nest_and_slice_back(tmp_path):
    case = read(tmp_path, TEXT)
    first = case.articles[0]
    words = [(mark.field, first.text[mark.start : mark.end]) for mark in first.marks]
    assert words == [
        ("defendants", "Norvane Inc"),
        ("status", "sued"),
        ("filed_on", "Monday"),
        ("allegations", "selling five lists"),
        ("figures", "five lists"),
    ]
    assert first.text == "Norvane Inc got sued on Monday over selling five lists.\n\nRead more [here]\n"
    assert [first.text[start:end] for start, end in first.furniture] == ["Read more [here]"]
    assert "[sic]" in case.articles[1].text
    assert (case.articles[1].publisher, case.articles[1].published_on) == (None, None)
    assert case.articles[2].copy_of == "a1"


def test_marks_become_facts_with_their_places(tmp_path):
    case = labelled(read(tmp_path, TEXT))
    texts = {article.id: article.text for article in case.articles}
    for fact in case.facts:
        assert {texts[place.article][place.start : place.end] for place in fact.places} == {words for _, words in fact.evidence}
    (conflict,) = [fact for fact in case.facts if fact.field == "conflicts"]
    assert [place.position for place in conflict.places] == [0, 1]
    assert [fact.value for fact in case.facts if fact.field in ("proceeding", "status")] == ["civil", "pending"] or not case.articles[1].published_on
    assert [fact.vital for fact in case.facts if fact.field == "figures"] == [True, False]


FAULTS = [
    ("id: fine", "colour: red", 1, "not understood"),
    ("id: fine", "id: other", 1, "not the file's name"),
    ("note: one", "kind: civil", 4, "twice"),
    ("kind: civil\n", "", 1, "lacks kind"),
    ("kind: civil", "kind: brawl", 1, "none of"),
    ("  company: Norvane Inc | Norvane", "  planet: Norvane", 6, "kind is one of"),
    ("Norvane Inc | Norvane\n", "Norvane Inc | Zzyzx\n", 6, "stands in no article"),
    ("country: US", "country: US\n  company: Norvane", 4, "belongs under names or conflicts"),
    ("contradiction one two", "quarrel one two", 8, "a conflict is"),
    ("contradiction one two", "contradiction one", 8, "a conflict is"),
    ("contradiction one two", "contradiction one three", 8, "no fact 'three'"),
    ("- figures contra", "- colours contra", 8, "is no field"),
    ("absent: judge", "absent: figures", 1, "is marked"),
    ("absent: judge", "absent: colours", 1, "is no field"),
    ("=== a1 | Daily | 2025-03-04 | filed\n", "=== a1 | Daily | filed\n", 10, "an article's line is"),
    ("| filed\n[def", "| sold\n[def", 10, "status 'sold'"),
    ("2025-03-04 | filed\n", "4 March | filed\n", 10, "a day of publication"),
    ("=== a2 |", "=== a1 |", 14, "stands there twice"),
    ("copy_of=a1", "copy_of=a9", 16, "copy_of=EARLIER_ARTICLE"),
    ("[defendants|Norvane Inc] again.\n", "", 16, "without text"),
    ("| pending", "| unrelated", 14, "yet marked"),
    ("~ Read more [here]", "~ Read [judge|more]", 13, "a mark in page furniture"),
    ("[status.filed|sued]", "[status.filed|sued", 11, "not closed"),
    ("[status.filed|sued]", "[status.filed#|sued]", 11, "a mark that cannot be read"),
    ("[status.filed|sued]", "[status|sued]", 11, "needs one of the members"),
    ("[status.filed|sued]", "[status.sold|sued]", 11, "needs one of the members"),
    ("[status.filed|sued]", "[colour|sued]", 11, "has no field"),
    ("[status.filed|sued]", "[judge.red|sued]", 11, "has no members"),
    ("=2025-03-03|", "|", 11, "needs =2025-01-21"),
    ("=2025-03-03|", "=3 March|", 11, "needs =2025-01-21"),
    ("#one=5 lists!", "#one=five!", 11, "needs =NUMBER UNIT"),
    ("[status.filed|sued]", "[status.filed|sued ]", 11, "begins or ends with a space"),
    ("[status.filed|sued]", "[status.filed|]", 11, "is empty"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "words"), FAULTS, ids=[f"{line}-{words}" for _, _, line, words in FAULTS])
def test_a_fault_is_told_with_file_and_line(tmp_path, right, wrong, line, words):
    assert right in TEXT
    with pytest.raises(LabelError) as caught:
        read(tmp_path, TEXT.replace(right, wrong, 1))
    told = str(caught.value).splitlines()
    assert any(one.startswith(f"fine.case:{line}: ") and words in one for one in told), told


def test_faults_are_told_all_at_once_and_a_line_each(tmp_path):
    (tmp_path / "fine.case").write_text(TEXT.replace("[status.filed|sued]", "[status|sued]").replace("2025-03-04 |", "today |"))
    (tmp_path / "empty.case").write_text("id: empty\nkind: civil\n")
    with pytest.raises(LabelError) as caught:
        load_folder(tmp_path)
    told = str(caught.value).splitlines()
    assert [one.split(":")[0] for one in told] == ["empty.case", "fine.case", "fine.case", "fine.case"], told
    assert "no article" in told[0]


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "bytes.case").write_bytes(b"\xff\xfe")
    with pytest.raises(LabelError, match=r"bytes\.case: cannot be read as UTF-8"):
        load_marked(tmp_path / "bytes.case")
