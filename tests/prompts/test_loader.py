"""Prompts are data: what does not fit is refused with the file's name, and the hash covers every byte."""

import re
import shutil
from pathlib import Path

import pytest
from casebrief.prompts.loader import PromptError, load
from casebrief.service.domain.schema import CaseSummary
from casebrief.service.pipeline.answers import MAKERS

BUNDLED = Path(__file__).resolve().parents[2] / "prompts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BUNDLED / "questions", tmp_path / "questions")
    shutil.copy(BUNDLED / "system.md", tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_every_question_fills_fields_of_the_summary():
    for question in load().questions:
        assert set(question.fields) <= set(CaseSummary.model_fields)
        assert set(question.fields) <= set(MAKERS)
        assert "{{" not in question.text


def test_an_unknown_key_is_refused(folder):
    change(folder / "questions" / "judge.md", "at_most: 1", "at_most: 1\ntemperature: 2")
    with pytest.raises(PromptError, match=r"judge\.md: temperature"):
        load(folder)


def test_a_missing_variable_is_refused(folder):
    change(folder / "questions" / "judge.md", "Who is the judge", "Who is {{ judge }}, the judge")
    with pytest.raises(PromptError, match=r"judge\.md: 'judge' is undefined; a prompt may use: at_most, nothing"):
        load(folder)


@pytest.mark.parametrize("text", ["no front matter", "---\nfields: [judge]\n", "---\n- a\n---\nbody\n", "---\nfields: [\n---\nbody\n"])
def test_broken_front_matter_is_refused(folder, text):
    (folder / "questions" / "judge.md").write_text(text)
    with pytest.raises(PromptError, match=r"judge\.md"):
        load(folder)


def test_labels_belong_to_labelled(folder):
    change(folder / "questions" / "status.md", "constraint: labelled", "constraint: spans")
    with pytest.raises(PromptError, match="labels"):
        load(folder)


def test_the_hash_covers_every_file(folder):
    before = load(folder).sha256
    assert before == load().sha256
    change(folder / "questions" / "judge.md", "Who", "Whoever")
    assert load(folder).sha256 != before


def test_no_prompt_holds_a_name_of_the_labelled_cases():
    """Nothing that a question or its example says comes from the cases that judge it."""
    cases = BUNDLED.parents[1] / "shared" / "cases"
    if not cases.is_dir():
        pytest.skip("the labelled cases are not on this machine (../shared/cases)")
    told = " ".join(path.read_text() for path in cases.glob("*/*.txt"))
    mine = " ".join(question.example.article for question in load().questions)
    names = set(re.findall(r"(?<=[a-z.,] )[A-Z][a-z]{3,}\b", mine)) - {"Some", "Judge", "Monday"}
    assert names
    assert not [name for name in names if re.search(rf"\b{name}\b", told)]
