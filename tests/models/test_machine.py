"""Memory is told before anything is loaded; what does not fit is refused with numbers; tables that are kept are the same."""

import dataclasses

import psutil
import pytest
from casebrief.models import machine
from casebrief.models.catalog import ChecksumMismatch, load
from casebrief.models.engine import Batch, Question
from casebrief.models.errors import CatalogError, EngineError, EngineUnavailable
from casebrief.models.llama import LlamaEngine
from casebrief.models.machine import budget, header, refuse_if_too_large
from casebrief.models.supervisor import SupervisedEngine
from casebrief.models.tokens import _read, _table, _write


def test_the_header_tells_the_architecture(config):
    told = header(machine.Path(config.path))
    assert (told["block_count"], told["attention.head_count_kv"], told["vocabulary"]) == (30, 3, 49152)


def test_cells_are_counted_by_the_formula(config):
    # 30 layers, a key and a value of 3 heads x 64 numbers of 16 bits each, 2,048 cells
    assert budget(config).cells == 30 * 2 * 3 * 64 * 2 * 2048
    assert budget(dataclasses.replace(config, context_tokens=4096)).cells == 2 * budget(config).cells


@pytest.mark.model
def test_the_worker_takes_no_more_than_was_told(config):
    engine = SupervisedEngine(config)
    engine.start()
    try:
        engine.ask([Batch("Answer.", ("word " * 1500,), (Question("q", "", machine_choice(), 4),))])
        process = psutil.Process(int(str(engine.describe()["pid"])))
        # Beside the model there is an interpreter with its libraries: a fixed 150 MB at most.
        assert process.memory_info().rss < engine.budget.total + 150_000_000
    finally:
        engine.close()


def machine_choice():
    from casebrief.models.constraints import Choice

    return Choice(("yes", "no"))


def test_what_does_not_fit_is_refused_with_numbers_before_it_is_loaded(config, monkeypatch):
    monkeypatch.setattr(machine, "available", lambda: 100_000_000)
    with pytest.raises(EngineError, match=r"takes \d+ MB \(weights 98 MB, cells \d+ MB, buffers \d+ MB\), and 100 MB are at hand"):
        refuse_if_too_large(config)
    engine = SupervisedEngine(config)
    with pytest.raises(EngineUnavailable, match="CASEBRIEF_CONTEXT_TOKENS"):
        engine.start()
    assert engine.describe()["state"] == "down"
    assert engine.describe()["pid"] is None


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\x03\x04" + b"\0" * 100, b"GGUF" + b"\0" * 64, b"GGUF\x03\0\0\0" + b"\xff" * 64])
def test_a_file_without_a_header_is_refused(tmp_path, content):
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(EngineError, match="no model"):
        header(path)


@pytest.mark.model
def test_the_kept_table_is_the_one_that_would_be_made(engine: LlamaEngine, tmp_path):
    path, made = tmp_path / "tokens.npz", _table(engine.native)
    _write(path, made)
    assert _read(path) == made
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert _read(path) is None
    path.write_bytes(b"")
    assert _read(path) is None
    assert _read(tmp_path / "none.npz") is None


@pytest.mark.slow
def test_merged_weights_are_the_file_the_catalogue_names(tmp_path):
    catalog = load(tmp_path)
    seen = []
    path, digest = catalog.merged(catalog.default, "q8_0", lambda done, of: seen.append((done, of)))
    assert path.is_file()
    assert digest == catalog.entry(catalog.default).merged["q8_0"]
    assert seen[0][0] == 0
    assert not list(path.parent.glob("*.part"))
    before = path.stat().st_mtime_ns
    assert catalog.merged(catalog.default, "q8_0")[0].stat().st_mtime_ns == before, "made once"
    with path.open("r+b") as stream:
        stream.seek(50_000_000)
        stream.write(b"torn")
    with pytest.raises(ChecksumMismatch, match="CASEBRIEF_WEIGHTS=adapter"):
        load(tmp_path).merged(catalog.default, "q8_0")


def test_a_model_without_merged_weights_says_so(tmp_path):
    with pytest.raises(CatalogError, match="no merged form 'bf16'"):
        load(tmp_path).merged("qwen3-4b", "bf16")
