"""Changed cases to learn from: every mark holds its own words, changed, and the same seed gives the same case."""

import re
from random import Random

import pytest
from casebrief.models.training import changes
from casebrief.models.training.examples import passages
from taught import words

# ---------------------------------------------------------------------- changes


@pytest.mark.parametrize("way", ["_names", "_numbers", "_days", "_years"])
def test_a_changed_mark_holds_its_own_words_changed(corpus, way):
    lent, kept = changes.stock(corpus), 0
    for number, case in enumerate(corpus[::100]):
        edits = getattr(changes, way)(case, lent, Random(number))
        for article in case.articles:
            found = edits(article.text)
            edges = {place for mark in article.marks for place in (mark.start, mark.end)}
            if any(start < place < end for start, end, _ in found for place in edges):
                continue
            after = changes.edited(article, found)
            for mark, moved in zip(article.marks, after.marks, strict=True):
                inside = sorted(edit for edit in found if mark.start <= edit[0] and edit[1] <= mark.end)
                told, last = "", mark.start
                for start, end, fresh in inside:
                    told, last = told + article.text[last:start] + fresh, end
                assert after.text[moved.start : moved.end] == told + article.text[last : mark.end]
                kept += bool(inside)
    assert kept > 5


def test_a_name_is_exchanged_alike_wherever_it_stands(mill, lent):
    for seed in range(5):
        edits = changes._names(mill, lent, Random(seed))
        texts = [changes.edited(article, edits(article.text)) for article in mill.articles]
        whole = "\n".join(article.text for article in texts)
        assert ("Ada Stone" in whole) != ("Bartholomew de Witt" in whole)
        assert ("Harrow Mills" in whole) != ("Quern & Vane" in whole)
        if "Quern" in whole:
            assert "Quern & Vane plc" in words(texts[0])
            assert "Quern & Vane" in words(texts[1])


def test_a_number_becomes_one_of_the_same_form_and_years_and_single_digits_stay(mill, lent):
    edits = changes._numbers(mill, lent, Random(3))
    first, second = (changes.edited(article, edits(article.text)) for article in mill.articles)
    (sum_asked,) = re.findall(r"\$([\d,]+)", first.text)
    assert sum_asked != "1,250,000"
    assert [len(group) for group in sum_asked.split(",")] == [1, 3, 3]
    assert f"of {sum_asked} bricks" in first.text
    assert f"${sum_asked}" in words(first)
    (looms,) = re.findall(r"ran (\d\d) looms", first.text)
    assert f"for {looms} looms" in second.text
    assert "1998" in first.text
    assert "3 weeks" in first.text


def test_days_move_on_by_one_step_or_change_sides_with_their_month(mill, lent):
    seen = set()
    for seed in range(12):
        edits = changes._days(mill, lent, Random(seed))
        first, second = (changes.edited(article, edits(article.text)) for article in mill.articles)
        day = words(first)[5]
        seen.add(day)
        assert day == "Tuesday Jan. 9" or re.fullmatch(r"[A-Z][a-z]+day 9 [A-Z][a-z]+", day)
        assert words(second)[-1].endswith("day")
    assert len(seen) > 3


def test_years_move_by_one_shift(mill, lent):
    (article, _) = mill.articles
    edits = changes._years(mill, lent, Random(1))(article.text)
    assert [int(fresh) - int(article.text[start:end]) for start, end, fresh in edits].count(0) == 0
    assert any(mark.startswith("built in ") and mark != "built in 1998" for mark in words(changes.edited(article, edits)))


def test_dress_changes_no_marked_word_but_for_quotation_marks_case_and_wraps(mill, lent):
    def plain(text: str) -> str:
        return " ".join(re.sub("[“”«»\"‘’']", "'", text).casefold().split())

    for seed in range(80):
        for article in mill.articles:
            after = changes._dressed(article, lent, Random(seed))
            assert [plain(told) for told in words(after)] == [plain(told) for told in words(article)]
            for start, end in after.furniture:
                assert after.text[start:end].replace("\n", " ").casefold() in ("sign up for our newsletter", "most read in business")


def test_furniture_comes_and_goes(mill, lent):
    counts = {len(changes._dressed(mill.articles[0], lent, Random(seed)).furniture) for seed in range(80)}
    assert {0, 1, 2} <= counts


def test_wraps_keep_to_the_width_and_change_white_space_alone(corpus):
    for article in corpus[7].articles:
        after = changes.edited(article, changes.wraps(article.text, 60))
        assert after.text.split() == article.text.split()
        assert all(len(line) <= 60 for line in after.text.split("\n") if " " in line)


def test_an_abridged_article_is_some_sentences_of_its_story_with_their_marks(corpus):
    lengths = set()
    for number, case in enumerate(corpus[::60]):
        for article in case.articles:
            brief = changes.abridged(article, Random(number))
            told = [span.of(brief.text) for span in passages(brief.text)]
            lengths.add(len(told))
            assert " ".join(told).split() == brief.text.split()
            last = -1
            for sentence in told:
                last = article.text.index(sentence, last + 1)
            whole = {(mark.field, article.text[mark.start : mark.end]) for mark in article.marks}
            assert all(any(mark.field == field and word in told for field, told in whole) for mark, word in zip(brief.marks, words(brief), strict=True))
            assert not any(article.text[start:end] in brief.text for start, end in article.furniture)
    assert {1, 3, 5} <= lengths


def test_the_same_seed_gives_the_same_case_and_another_seed_another(mill, lent):
    assert changes.changed(mill, lent, Random(5)) == changes.changed(mill, lent, Random(5))
    assert len({changes.changed(mill, lent, Random(seed)) for seed in range(8)}) > 4
