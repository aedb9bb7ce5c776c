"""The form of the weights is the one that was fastest here; a form that dies costs only itself; another machine tries again."""

import dataclasses
import sys
from pathlib import Path

import pytest
from casebrief.models import trial
from casebrief.models.catalog import Adapter, Catalog, Entry
from casebrief.models.engine import EngineConfig
from casebrief.models.machine import likely_form
from casebrief.models.trial import candidates, remembered, this_machine, try_forms
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.stores import catalog_of
from casebrief.service.edges.wiring import loading, prepare, tried

HERE = {"processor": "one"}


def catalog_with(folder: Path, **changes) -> Catalog:
    adapters = (Adapter(file="a.gguf", sha256="1" * 64),)
    entry = Entry(
        title="T", file="t.gguf", source="hub:me/it", sha256="0" * 64, bytes=1, license="MIT", adapters=adapters, merged={"bf16": "b" * 64, "q8_0": "c" * 64}
    )
    (folder / "merged").mkdir(parents=True)
    for form in ("bf16", "q8_0"):
        (folder / "merged" / f"t-{form}-{'bc'[form == 'q8_0'] * 12}.gguf").touch()
    return Catalog({"t": entry.model_copy(update=changes)}, "t", folder)


def files(catalog: Catalog) -> list[str]:
    return sorted(path.name for path in (catalog.folder / "merged").iterdir())


@pytest.fixture
def paces(monkeypatch, tmp_path):
    """What the process that tries a form says: a number, or nothing because it dies of a signal."""
    if sys.platform == "win32":
        pytest.skip("stands a shell script in for the process that tries a form")

    def say(bf16: str, q8_0: str) -> None:
        script = tmp_path / "python"
        script.write_text(f"#!/bin/sh\nread config\ncase $config in *bf16*) {bf16};; *) {q8_0};; esac\n")
        script.chmod(0o755)
        monkeypatch.setattr(trial.sys, "executable", str(script))

    return say


def named(config: EngineConfig):
    return lambda form: dataclasses.replace(config, merged=form)


def test_the_fastest_form_is_remembered_and_the_others_leave_the_disk(tmp_path, config, paces):
    paces("echo 334", "echo 850")
    catalog = catalog_with(tmp_path / "models")
    told: list[str] = []
    found = try_forms(catalog, "t", HERE, named(config), told.append)
    assert found is not None
    assert found.fastest == "q8_0"
    assert told == ["t as bf16: 334 prompt tokens/s", "t as q8_0: 850 prompt tokens/s"]
    assert files(catalog) == ["t-q8_0-cccccccccccc.gguf", "t.trial.json"]
    assert remembered(catalog, "t", HERE) == found


def test_a_form_that_dies_costs_only_itself(tmp_path, config, paces):
    catalog = catalog_with(tmp_path / "models")
    paces("echo 334", "kill -ILL $$")
    found = try_forms(catalog, "t", HERE, named(config))
    assert found is not None
    assert found.tokens_per_s == {"bf16": 334}
    paces("kill -SEGV $$", "exit 1")
    assert try_forms(catalog, "t", {"processor": "two"}, named(config)) is None
    assert remembered(catalog, "t", HERE) == found


def test_another_machine_or_other_files_are_not_remembered(tmp_path, config, paces):
    paces("echo 1", "echo 2")
    catalog = catalog_with(tmp_path / "models")
    assert remembered(catalog, "t", HERE) is None
    assert try_forms(catalog, "t", HERE, named(config))
    assert remembered(catalog, "t", {"processor": "two"}) is None
    assert remembered(catalog_with_other_files(catalog), "t", HERE) is None
    for content in ("", "{}", "no JSON", '{"machine": {"processor": "one"}, "files": {}, "tokens_per_s": {"bf15": 1}}'):
        (catalog.folder / "merged" / "t.trial.json").write_text(content)
        assert remembered(catalog, "t", HERE) is None


def catalog_with_other_files(catalog: Catalog) -> Catalog:
    entry = catalog.entry("t").model_copy(update={"merged": {"bf16": "b" * 64, "q8_0": "d" * 64}})
    return dataclasses.replace(catalog, entries={"t": entry})


def test_the_file_as_shipped_is_a_candidate_where_no_adapter_must_be_merged(tmp_path):
    assert list(candidates(catalog_with(tmp_path / "a"), "t")) == ["bf16", "q8_0"]
    assert list(candidates(catalog_with(tmp_path / "b", adapters=()), "t")) == ["bf16", "q8_0", "adapter"]
    assert list(candidates(catalog_with(tmp_path / "c", adapters=(), merged={}), "t")) == ["adapter"]


def test_a_machine_is_told_by_its_processor_its_library_and_how_models_are_loaded():
    assert this_machine(threads=1) == this_machine(threads=1)
    assert this_machine(threads=1) != this_machine(threads=2)
    assert this_machine()["processor"]
    assert "llama-cpp-python" in this_machine()["library"]


def test_untried_the_processors_name_decides_and_a_setting_decides_over_all(tmp_path):
    settings = Settings(models_dir=tmp_path, weights="auto")
    catalog = catalog_of(settings)
    assert tried(settings, catalog, catalog.default) is None
    assert loading(settings, catalog, catalog.default) == likely_form()
    for form in ("bf16", "q8_0", "adapter"):
        assert loading(Settings(models_dir=tmp_path, weights=form), catalog, catalog.default) == form
    assert loading(settings, catalog, "qwen3-4b") == "adapter"


@pytest.mark.model
@pytest.mark.slow
def test_set_up_tries_every_form_once(tmp_path, monkeypatch):
    settings, told = Settings(models_dir=tmp_path, weights="auto"), []
    model = prepare(settings, told.append)
    catalog = catalog_of(settings)
    found = tried(settings, catalog, model)
    assert found is not None
    assert set(found.tokens_per_s) == {"bf16", "q8_0"}
    assert loading(settings, catalog, model) == found.fastest
    assert sum("prompt tokens/s" in line for line in told) == 2
    assert [path.suffix for path in sorted((tmp_path / "merged").iterdir())] == [".gguf", ".json"]
    assert next((tmp_path / "merged").glob("*.gguf")).stat().st_size > 10**8
    told.clear()
    prepare(settings, told.append)
    assert told == []
