"""The prompt is data: what does not fit is refused with the file's name, and the hash covers every byte."""

import shutil
from pathlib import Path

import pytest
from casebrief.prompts.loader import PromptError, load
from casebrief.service.domain.schema import CaseSummary
from casebrief.service.pipeline.typed import MAKERS

BUNDLED = Path(__file__).resolve().parents[2] / "prompts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(BUNDLED / "reading.md", tmp_path)
    return tmp_path


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "reading.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_every_label_fills_a_field_of_the_summary_and_is_explained():
    prompt = load()
    for label, field in prompt.labels.items():
        name = field.split(".")[0]
        assert name == "speaker" or (name in CaseSummary.model_fields and name in MAKERS)
        assert label in prompt.text
    assert "{{" not in prompt.text


def test_no_label_begins_another_but_by_a_space():
    """A grammar that reads labels must know one from the other at the colon."""
    labels = load().labels
    assert not [(a, b) for a in labels for b in labels if a != b and b.startswith(a) and b[len(a)] != " "]


def test_an_unknown_key_is_refused(folder):
    change(folder, "at_most: 12", "at_most: 12\ntemperature: 2")
    with pytest.raises(PromptError, match=r"reading\.md: temperature"):
        load(folder)


def test_a_missing_variable_is_refused(folder):
    change(folder, "You read a news article", "You, {{ who }}, read a news article")
    with pytest.raises(PromptError, match=r"reading\.md: 'who' is undefined; a prompt may use: nothing"):
        load(folder)


@pytest.mark.parametrize(
    "text", ["no front matter", "---\nat_most: 3\n", "---\n- a\n---\nbody\n", "---\nlabels: [\n---\nbody\n", "---\nat_most: 3\n---\nbody\n"]
)
def test_broken_front_matter_is_refused(folder, text):
    (folder / "reading.md").write_text(text)
    with pytest.raises(PromptError, match=r"reading\.md"):
        load(folder)


def test_the_hash_covers_every_byte(folder):
    before = load(folder).sha256
    assert before == load().sha256
    change(folder, "You read", "You  read")
    assert load(folder).sha256 != before
