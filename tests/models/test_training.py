"""The training's data: the markup reads as documented, articles are labelled where they say it, and nothing of the evaluation is in them."""

import random
from pathlib import Path

import pytest
from casebrief.models.catalog import Catalog
from casebrief.models.training.avoid import names_of_cases
from casebrief.models.training.bank import bank, fill
from casebrief.models.training.check import generated, problems, texts_of_cases
from casebrief.models.training.composing import Labelled, compose
from casebrief.models.training.filling import Cast, Names, act_forms
from casebrief.models.training.task import Task, Tokenizer
from casebrief.prompts.loader import load

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"


@pytest.fixture(scope="module")
def articles() -> list[list[Labelled]]:
    chance, names = random.Random(1), Names(1, names_of_cases())
    return [compose(names, chance) for _ in range(60)]


@pytest.fixture(scope="module")
def task(catalog: Catalog) -> Task:
    return Task(Tokenizer(str(catalog.path(catalog.default))), load())


def test_every_template_can_be_filled_and_every_field_has_a_label(task):
    chance = random.Random(2)
    cast = Cast(Names(2, frozenset()), chance, "civil")
    for template in bank():
        passage = fill(template, cast.slots(), act_forms(), chance)
        assert "{" not in passage.text, template.line
        assert "|" not in passage.text.replace(" | ", ""), template.line
        for mark in passage.marks:
            assert 0 <= mark.start < mark.end <= len(passage.text)
            assert task.lines(Labelled(passage.text, (mark,), None))
        assert not (template.empty and passage.marks), template.line


def test_a_template_reads_as_documented():
    chance = random.Random(3)
    template = next(t for t in bank() if t.line.startswith("The plaintiffs are represented by [counsel.plaintiff|{law_firm}]"))
    passage = fill(template, lambda slot: f"<{slot}>", {}, chance)
    assert passage.text == "The plaintiffs are represented by <plaintiff_law_firm>."
    (mark,) = passage.marks
    assert (mark.field, passage.text[mark.start : mark.end]) == ("counsel.plaintiff", "<plaintiff_law_firm>")


def test_marks_lie_in_their_sentences_and_nothing_is_told_of_other_cases(articles):
    sentences = [sentence for article in articles for sentence in article]
    assert all(0 <= mark.start < mark.end <= len(sentence.text) for sentence in sentences for mark in sentence.marks)
    silent = [sentence for sentence in sentences if not sentence.marks]
    assert 0.2 < len(silent) / len(sentences) < 0.6
    assert not [s for s in sentences if s.text.startswith(("In a separate case,", "In an unrelated lawsuit,")) and s.marks]


def test_the_same_seed_gives_the_same_articles(articles):
    chance, names = random.Random(1), Names(1, names_of_cases())
    assert [compose(names, chance) for _ in range(3)] == articles[:3]


def test_held_out_templates_are_not_trained_on():
    held = frozenset(range(0, len(bank()), 40))
    chance, names = random.Random(4), Names(4, frozenset())
    told = " ".join(s.text for _ in range(40) for s in compose(names, chance, held))
    plain = [bank()[i].line for i in held if not set("{[") & set(bank()[i].line)]
    assert plain
    assert not [line for line in plain if line in told]


def test_an_example_is_the_article_as_the_engine_gets_it(task, articles):
    article = articles[0]
    example = task.example(article)
    assert example.article == [token for n, s in enumerate(article) for token in task.tokens(("\n" if n else "") + s.text)]
    assert [fork.after for fork in example.forks][-1] == len(example.article)
    assert all(fork.answer[-1:] == task.tokens("<|im_end|>", special=True) for fork in example.forks)


def test_no_sentence_and_no_name_of_the_evaluation_is_in_the_data():
    texts = texts_of_cases() + [path.read_text() for path in sorted(SEEDS.glob("*.txt"))]
    assert list(problems(generated(), texts)) == []


def test_the_check_finds_what_must_not_be_there():
    name = "Miriam Achterberg sued."
    sentence = "The order of the day was to count every spoon in the house."
    found = list(problems([name, sentence], [f"A line.\n{sentence}"]))
    assert any("Achterberg" in problem for problem in found)
    assert any(problem.startswith("a sentence") for problem in found)
