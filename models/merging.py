"""An adapter merged into its weights: once, on this machine, by rule, so that every machine makes the same file.

``W + alpha / rank * B A`` (Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021), computed in float64 and rounded once to
the form that is written; every other tensor of the base that is quantized takes that form too. A base's own four bits will not
do: the adapter's change is smaller than their steps, and rounding would undo it (DECISIONS.md, 13).

Weights that will label are written for the architecture that llama.cpp reads without cells and without scores of the next token, where it has
one; no tensor differs for it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import gguf
import numpy as np
from casebrief.models.catalog import Form
from casebrief.models.errors import CatalogError
from casebrief.models.machine import CELLLESS

_TYPES = {"bf16": gguf.GGMLQuantizationType.BF16, "q8_0": gguf.GGMLQuantizationType.Q8_0}

_FOR_LABELS = {"llama": CELLLESS}
"""Architectures that have another name where they only encode."""


def merge(
    base: Path,
    adapters: Sequence[Path],
    out: Path,
    form: Form,
    progress: Callable[[int, int], None] = lambda done, of: None,
    *,
    labels: bool = False,
) -> None:
    """Write ``base`` with its adapters merged to ``out``; the file appears whole or not at all. ``progress`` gets tensors done and to do.

    With ``labels`` the file is for an engine that labels, and only for one.

    Raises `CatalogError` when an adapter does not fit the base.
    """
    reader = gguf.GGUFReader(base)
    changes = [_change(adapter, {tensor.name for tensor in reader.tensors}) for adapter in adapters]
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, suffix=".part")
    os.close(handle)
    try:
        writer = _begun(name, reader, labels=labels)
        for number, tensor in enumerate(reader.tensors):
            progress(number, len(reader.tensors))
            if tensor.tensor_type == gguf.GGMLQuantizationType.F32:
                writer.add_tensor(tensor.name, tensor.data)
                continue
            weights = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float64)
            for change in changes:
                if tensor.name in change:
                    scale, down, up = change[tensor.name]
                    weights += scale * (up @ down)
            writer.add_tensor(tensor.name, gguf.quantize(weights.astype(np.float32), _TYPES[form]), raw_dtype=_TYPES[form])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        Path(name).replace(out)
    finally:
        Path(name).unlink(missing_ok=True)


def _begun(path: str, reader: gguf.GGUFReader, *, labels: bool) -> gguf.GGUFWriter:
    """A file with the same header, but for the architecture's name where that is for labels alone."""
    theirs = str(reader.fields["general.architecture"].contents())
    ours = _FOR_LABELS.get(theirs, theirs) if labels else theirs
    writer = gguf.GGUFWriter(path, ours)
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            prefix, dot, rest = field.name.partition(".")
            kind = field.types[0]
            writer.add_key_value(
                (ours if prefix == theirs else prefix) + dot + rest, field.contents(), kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            )
    return writer


def _change(adapter: Path, known: set[str]) -> dict[str, tuple[float, np.ndarray, np.ndarray]]:
    """By tensor: the scale, the matrix down to the rank and the one up from it."""
    reader = gguf.GGUFReader(adapter)
    alpha = float(reader.fields["adapter.lora.alpha"].contents())
    sides = {tensor.name: tensor.data.astype(np.float64) for tensor in reader.tensors}
    names = {name.removesuffix(".lora_a").removesuffix(".lora_b") for name in sides}
    if not names <= known:
        raise CatalogError(f"{adapter} changes tensors that the model does not have: {', '.join(sorted(names - known)[:3])}")
    return {name: (alpha / len(sides[f"{name}.lora_a"]), sides[f"{name}.lora_a"], sides[f"{name}.lora_b"]) for name in names}
