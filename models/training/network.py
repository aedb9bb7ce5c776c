"""The reader as the training framework runs it: the weights of the very GGUF that ships, LoRA beside every linear layer, attention both ways.

Articles of a step lie one behind the other in one sequence without padding; each attends to itself alone. Linear layers run in bfloat16, the
residual stream and the norms in float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from casebrief.models.training.weights import Base, Shape
from torch import Tensor, nn
from torch.nn import functional

WIDE = torch.bfloat16


class Adapted(nn.Module):
    """Some linear layers that read the same input: ``x W^T + scale (x A^T) B^T`` for each (Hu et al., LoRA, 2021)."""

    def __init__(self, weights: Sequence[Tensor], rank: int, scale: float) -> None:
        super().__init__()
        self.rank, self.scale, width = rank, scale, weights[0].shape[1]
        for number, weight in enumerate(weights):
            self.register_buffer(f"weight_{number}", weight.to(WIDE), persistent=False)
        self.down = nn.ParameterList([nn.Parameter(torch.randn(rank, width) / math.sqrt(width)) for _ in weights])
        self.up = nn.ParameterList([nn.Parameter(torch.zeros(len(weight), rank)) for weight in weights])

    def forward(self, x: Tensor) -> list[Tensor]:
        """(tokens, width) → for each layer (tokens, its size), bfloat16."""
        inner = functional.linear(x, torch.cat(list(self.down)).to(WIDE)).split(self.rank, 1)
        outer = [(up * self.scale).to(WIDE).t() for up in self.up]
        base = [functional.linear(x, self.get_buffer(f"weight_{number}")) for number in range(len(outer))]
        return [torch.addmm(one, part, up) for one, part, up in zip(base, inner, outer, strict=True)]


class Layer(nn.Module):
    """One block of the model."""

    def __init__(self, base: Base, number: int, rank: int, scale: float) -> None:
        super().__init__()
        own = base.layers[number]
        self.heads, self.kv_heads, self.epsilon = base.heads, base.kv_heads, base.epsilon
        self.register_buffer("before_attention", own["attn_norm"], persistent=False)
        self.register_buffer("before_feeding", own["ffn_norm"], persistent=False)
        self.qkv = Adapted([own["attn_q"], own["attn_k"], own["attn_v"]], rank, scale)
        self.output = Adapted([own["attn_output"]], rank, scale)
        self.gate_up = Adapted([own["ffn_gate"], own["ffn_up"]], rank, scale)
        self.down = Adapted([own["ffn_down"]], rank, scale)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, lengths: Sequence[int]) -> Tensor:
        """(tokens, width) float32 → the same."""
        width = x.shape[1]
        part = width // self.heads
        inner = functional.rms_norm(x, (width,), self.before_attention, self.epsilon).to(WIDE)
        query, key, value = self.qkv(inner)
        query = _turned(query.view(-1, self.heads, part), cos, sin)
        key = _turned(key.view(-1, self.kv_heads, part), cos, sin)
        seen = _attended(query, key, value.view(-1, self.kv_heads, part), lengths)
        x = x + self.output(seen)[0]
        inner = functional.rms_norm(x, (width,), self.before_feeding, self.epsilon).to(WIDE)
        gate, up = self.gate_up(inner)
        return x + self.down(functional.silu(gate) * up)[0]


class Network(nn.Module):
    """Token ids of some articles to their vectors after the last norm."""

    def __init__(self, base: Base, rank: int, alpha: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Layer(base, number, rank, alpha / rank) for number in range(len(base.layers))])
        self.register_buffer("embedding", base.embedding, persistent=False)
        self.register_buffer("norm", base.norm, persistent=False)
        self.epsilon = base.epsilon
        self.shape = Shape(rank, alpha, base.heads, base.kv_heads)
        part = base.embedding.shape[1] // base.heads
        self.register_buffer("frequencies", base.theta ** (-torch.arange(0, part, 2).float() / part), persistent=False)

    def forward(self, ids: Tensor, lengths: Sequence[int]) -> Tensor:
        """(tokens,) of articles of these lengths → (tokens, width) float32."""
        places = torch.cat([torch.arange(length, device=ids.device) for length in lengths]).float()
        angles = places[:, None] * self.frequencies[None]
        angles = torch.cat([angles, angles], 1)[:, None]
        cos, sin = angles.cos().to(WIDE), angles.sin().to(WIDE)
        x = functional.embedding(ids, self.embedding)
        for layer in self.layers:
            x = layer(x, cos, sin, lengths)
        return functional.rms_norm(x, (x.shape[1],), self.norm, self.epsilon)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions (Su et al., RoFormer, 2021), halves apart: (tokens, heads, part)."""
    left, right = x.chunk(2, -1)
    return x * cos + torch.cat([-right, left], -1) * sin


def _attended(query: Tensor, key: Tensor, value: Tensor, lengths: Sequence[int]) -> Tensor:
    """Every token sees its whole article: (tokens, heads, part) → (tokens, width). Plain products: their backward pass is five times the fused one's speed."""
    repeat, scale = query.shape[1] // key.shape[1], 1 / math.sqrt(query.shape[2])
    sizes = list(lengths)
    done = []
    for q, k, v in zip(query.split(sizes), key.split(sizes), value.split(sizes), strict=True):
        keys, values = k.repeat_interleave(repeat, 1).permute(1, 2, 0), v.repeat_interleave(repeat, 1).transpose(0, 1)
        share = torch.softmax((q * scale).transpose(0, 1) @ keys, -1)
        done.append((share @ values).transpose(0, 1).reshape(len(q), -1))
    return torch.cat(done)
