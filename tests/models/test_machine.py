"""Memory is told before anything is loaded; what does not fit is refused with numbers; tables that are kept are the same."""

import dataclasses
from pathlib import Path

import numpy as np
import psutil
import pytest
from casebrief.models import machine
from casebrief.models.catalog import ChecksumMismatch, load
from casebrief.models.engine import Batch, EngineConfig, Question
from casebrief.models.errors import CatalogError, EngineError, EngineUnavailable, NotAModel
from casebrief.models.header import Header, Tensor, header
from casebrief.models.heads import Heads, Linear, write
from casebrief.models.llama import LlamaEngine
from casebrief.models.machine import budget, likely_form, refuse_if_too_large, repacked
from casebrief.models.supervisor import SupervisedEngine
from casebrief.models.tokens import _read, _table, _write


def test_the_header_tells_the_architecture(config):
    told = header(Path(config.path))
    assert (told.values["block_count"], told.values["attention.head_count_kv"], told.vocabulary) == (30, 3, 49152)
    assert Tensor("token_embd.weight", (576, 49152), 8) in told.tensors


def test_cells_are_counted_by_the_formula(config):
    # 30 layers, a key and a value of 3 heads x 64 numbers of 16 bits each, 2,048 cells
    assert budget(config).cells == 30 * 2 * 3 * 64 * 2 * 2048
    assert budget(dataclasses.replace(config, context_tokens=4096)).cells == 2 * budget(config).cells


Q4_1, Q8_0, BF16 = 3, 8, 30


def test_a_second_copy_is_counted_where_the_processor_wants_one():
    def copy(kind: int, blocks: machine.Blocks, *further: Tensor) -> int:
        matrices = (Tensor("token_embd.weight", (64, 1000), kind), Tensor("blk.0.attn_q.weight", (64, 64), kind))
        return repacked(Header({}, 1000, (*matrices, Tensor("output_norm.weight", (64,), 0), *further)), blocks)

    # 8 bits and 16 for every 32 numbers, and with AMX 32 more
    assert copy(Q8_0, machine._AMX) == (1000 + 64) * 2 * 38
    assert copy(Q4_1, machine._AMX) == (1000 + 64) * 2 * 20
    assert copy(Q8_0, machine._INTERLEAVED_ELSEWHERE) == (1000 + 64) * 2 * 34
    assert copy(Q8_0, machine._INTERLEAVED_ON_X86) == copy(BF16, machine._AMX) == 0
    # With weights of its own for the output the embeddings are not multiplied with.
    assert copy(Q8_0, machine._AMX, Tensor("output.weight", (64, 1000), BF16)) == 64 * 2 * 38


@pytest.mark.parametrize(
    ("system", "flags", "blocks"),
    [
        ("x86_64", {"avx2"}, machine._INTERLEAVED_ON_X86),
        ("x86_64", {"avx2", "avx512_vnni", "amx_int8"}, machine._INTERLEAVED_ON_X86 | machine._AMX),
        ("arm64", {"asimddp"}, machine._INTERLEAVED_ELSEWHERE),
    ],
)
def test_what_is_repacked_depends_on_the_processor(monkeypatch, system, flags, blocks):
    monkeypatch.setattr(machine.platform, "machine", lambda: system)
    monkeypatch.setattr(machine, "processor_flags", lambda: frozenset(flags))
    assert machine.blocks_here() == blocks


@pytest.mark.parametrize(
    ("flags", "form"), [({"avx2"}, "q8_0"), ({"avx512_bf16"}, "bf16"), ({"avx512_bf16", "amx_int8"}, "q8_0"), ({"bf16"}, "bf16"), (set(), "q8_0")]
)
def test_an_untried_form_is_chosen_by_the_processor(monkeypatch, flags, form):
    monkeypatch.setattr(machine, "processor_flags", lambda: frozenset(flags))
    assert likely_form() == form


def beyond_budget(config: EngineConfig) -> int:
    """Bytes that a worker holds beyond what was told, after a long document: an interpreter with its libraries."""
    engine = SupervisedEngine(config)
    engine.start()
    try:
        if config.heads:
            engine.label([("word " * 1500,)])
        else:
            engine.ask([Batch("Answer.", ("word " * 1500,), (Question("q", "", machine_choice(), 4),))])
        assert engine.budget
        return int(psutil.Process(int(str(engine.describe()["pid"]))).memory_info().rss) - engine.budget.total
    finally:
        engine.close()


@pytest.mark.model
@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.slow
def test_the_worker_takes_no_more_than_was_told(config, tmp_path, labels):
    """Beside the model there is an interpreter: a fixed 150 MB at most; what the second copy adds is told exactly."""
    if labels:
        weights = np.zeros((3, 576), np.float32)
        write(Heads(("a",), Linear(weights, weights[:, 0])), tmp_path / "heads.gguf", {})
        config = dataclasses.replace(config, heads=str(tmp_path / "heads.gguf"))
    plain = beyond_budget(dataclasses.replace(config, extra_buffers=False))
    assert plain < 150_000_000
    assert beyond_budget(config) < plain + 10_000_000


def machine_choice():
    from casebrief.models.constraints import Choice

    return Choice(("yes", "no"))


def test_what_does_not_fit_is_refused_with_numbers_before_it_is_loaded(config, monkeypatch):
    monkeypatch.setattr(machine, "available", lambda: 100_000_000)
    with pytest.raises(EngineError, match=r"takes \d+ MB \(weights 98 MB, repacked \d+ MB, cells \d+ MB, buffers \d+ MB\), and 100 MB are at hand"):
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
    with pytest.raises(NotAModel, match="no model"):
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
