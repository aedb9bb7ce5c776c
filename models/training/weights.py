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
    turned = _turned(heads, kv_heads)
    layers = []
    for number in range(int(meta["block_count"])):
        own = {name: found[f"blk.{number}.{name}.weight"] for name in (*LINEAR, *_NORMS)}
        layers.append({name: uninterleaved(weight, turned[name]) if name in turned else weight for name, weight in own.items()})
    epsilon, theta = float(meta["attention.layer_norm_rms_epsilon"]), float(meta["rope.freq_base"])
    return Base(found["token_embd.weight"], found["output_norm.weight"], tuple(layers), heads, kv_heads, epsilon, theta)


def _turned(heads: int, kv_heads: int) -> dict[str, int]:
    """The linear parts whose rows llama.cpp interleaves, with their heads."""
    return {"attn_q": heads, "attn_k": kv_heads}


def uninterleaved(rows: Tensor, heads: int) -> Tensor:
    """Rows of q or k with the halves apart: llama.cpp interleaves the halves that its rotary embedding turns."""
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def interleaved(rows: Tensor, heads: int) -> Tensor:
    """The inverse of `uninterleaved`."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


Pairs = Mapping[tuple[int, str], tuple[Tensor, Tensor]]
"""By layer and linear part: the matrix down to the rank (rank, in) and the one up from it (out, rank)."""


@dataclass(frozen=True)
class Shape:
    """What an adapter's file must agree on with its network: the rank, alpha, and the heads by which rows of q and k are turned."""

    rank: int
    alpha: float
    heads: int
    kv_heads: int

    @property
    def turned(self) -> dict[str, int]:
        """See `_turned`."""
        return _turned(self.heads, self.kv_heads)


def write_adapter(pairs: Pairs, path: Path, shape: Shape, about: Mapping[str, str]) -> None:
    """Write LoRA matrices as a llama.cpp adapter, float16."""
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", shape.alpha)
    for key, words in about.items():
        writer.add_string(key, words)
    for (layer, name), (down, up) in pairs.items():
        rows = interleaved(up, shape.turned[name]) if name in shape.turned else up
        for side, value in (("a", down), ("b", rows)):
            writer.add_tensor(f"blk.{layer}.{name}.weight.lora_{side}", value.to(torch.float16).contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_adapter(path: Path, shape: Shape) -> Pairs:
    """The matrices of an adapter that `write_adapter` wrote. Raises `ValueError` where its rank or alpha is another."""
    reader = gguf.GGUFReader(path)
    sides = {tensor.name: torch.from_numpy(tensor.data.astype(np.float32)) for tensor in reader.tensors}
    pairs = {}
    for key, down in sides.items():
        if key.endswith(".lora_a"):
            _, layer, name, *_ = key.split(".")
            up = sides[key.removesuffix("a") + "b"]
            pairs[int(layer), name] = (down, uninterleaved(up, shape.turned[name]) if name in shape.turned else up)
    found = float(reader.fields["adapter.lora.alpha"].contents()), {len(down) for down, _ in pairs.values()}
    if found != (shape.alpha, {shape.rank}):
        raise ValueError(f"{path}: alpha {found[0]} and ranks {sorted(found[1])} where alpha {shape.alpha} and rank {shape.rank} fit")
    return pairs
