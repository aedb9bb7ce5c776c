"""The weights of the very GGUF that ships, dequantized, for the training framework; and the adapter as a GGUF, to it and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import Tensor

LINEAR = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
"""A layer's linear parts, by llama.cpp's names."""

_NORMS = ("attn_norm", "ffn_norm")


@dataclass(frozen=True)
class Base:
    """A llama-architecture model in float32; rows of q and k as the rotary embedding wants them with halves apart."""

    embedding: Tensor
    norm: Tensor
    layers: tuple[dict[str, Tensor], ...]
    heads: int
    kv_heads: int
    epsilon: float
    theta: float


def load_base(path: Path) -> Base:
    """Read a GGUF whose architecture is llama."""
    reader = gguf.GGUFReader(path)
    meta = {name.removeprefix("llama."): field.contents() for name, field in reader.fields.items() if name.startswith("llama.")}
    found = {tensor.name: torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy()).float() for tensor in reader.tensors}
    heads, kv_heads = int(meta["attention.head_count"]), int(meta["attention.head_count_kv"])
    turned = {"attn_q": heads, "attn_k": kv_heads}
    layers = []
    for number in range(int(meta["block_count"])):
        own = {name: found[f"blk.{number}.{name}.weight"] for name in (*LINEAR, *_NORMS)}
        layers.append({name: uninterleaved(weight, turned[name]) if name in turned else weight for name, weight in own.items()})
    epsilon, theta = float(meta["attention.layer_norm_rms_epsilon"]), float(meta["rope.freq_base"])
    return Base(found["token_embd.weight"], found["output_norm.weight"], tuple(layers), heads, kv_heads, epsilon, theta)


def uninterleaved(rows: Tensor, heads: int) -> Tensor:
    """Rows of q or k with the halves apart: llama.cpp interleaves the halves that its rotary embedding turns."""
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def interleaved(rows: Tensor, heads: int) -> Tensor:
    """The inverse of `uninterleaved`."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


Pairs = Mapping[tuple[int, str], tuple[Tensor, Tensor]]
"""By layer and linear part: the matrix down to the rank (rank, in) and the one up from it (out, rank)."""


def write_adapter(pairs: Pairs, path: Path, *, alpha: float, heads: int, kv_heads: int, about: Mapping[str, str]) -> None:
    """Write LoRA matrices as a llama.cpp adapter, float16."""
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for key, words in about.items():
        writer.add_string(key, words)
    turned = {"attn_q": heads, "attn_k": kv_heads}
    for (layer, name), (down, up) in pairs.items():
        rows = interleaved(up.float(), turned[name]) if name in turned else up.float()
        for side, value in (("a", down.float()), ("b", rows)):
            writer.add_tensor(f"blk.{layer}.{name}.weight.lora_{side}", value.detach().to(torch.float16).contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_adapter(path: Path, *, heads: int, kv_heads: int) -> dict[tuple[int, str], tuple[Tensor, Tensor]]:
    """The matrices of an adapter that `write_adapter` wrote."""
    sides = {tensor.name: torch.from_numpy(tensor.data.astype(np.float32)) for tensor in gguf.GGUFReader(path).tensors}
    turned = {"attn_q": heads, "attn_k": kv_heads}
    pairs = {}
    for key in sides:
        if key.endswith(".lora_a"):
            _, layer, name, *_ = key.split(".")
            up = sides[key.removesuffix("a") + "b"]
            pairs[int(layer), name] = (sides[key], uninterleaved(up, turned[name]) if name in turned else up)
    return pairs
