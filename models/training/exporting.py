"""What was taught, as the product loads it: the adapter and the heads, float16, and back as the start of a further run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from casebrief.models import heads as files
from casebrief.models.engine import Sameness
from casebrief.models.heads import ArticleHead, Heads, Linear, SameHead
from casebrief.models.training.examples import KINDS, LABELS, WHO
from casebrief.models.training.network import Adapted, Network
from casebrief.models.training.teaching import TaughtHeads
from casebrief.models.training.weights import read_adapter, write_adapter
from torch import Tensor, nn

PARTS = {"qkv": ("attn_q", "attn_k", "attn_v"), "output": ("attn_output",), "gate_up": ("ffn_gate", "ffn_up"), "down": ("ffn_down",)}
"""Linear parts that read the same input, as `network.Layer` puts them together."""


def adapted(network: Network) -> dict[tuple[int, str], tuple[Adapted, int]]:
    """By layer and linear part: where its matrices are held."""
    return {
        (number, name): (getattr(layer, group), place)
        for number, layer in enumerate(network.layers)
        for group, names in PARTS.items()
        for place, name in enumerate(names)
    }


def export(network: Network, heads: TaughtHeads, adapter: Path, beside: Path, *, alpha: float, about: Mapping[str, str]) -> None:
    """Write the adapter and, beside it, the heads."""
    pairs = {key: (part.down[place].detach(), part.up[place].detach()) for key, (part, place) in adapted(network).items()}
    layer = network.layers[0]
    write_adapter(pairs, adapter, alpha=alpha, heads=layer.heads, kv_heads=layer.kv_heads, about=about)
    scale, shift = heads.same_scale.tolist()
    made = Heads(
        labels=LABELS,
        label_scores=_linear(heads.labels),
        members=WHO,
        member_scores=_linear(heads.who),
        articles=tuple(ArticleHead(name, classes, _array(heads.pools[name]), _linear(heads.kinds[name])) for name, classes in KINDS.items()),
        same=SameHead(_array(heads.same.weight), Sameness(scale, shift)),
    )
    files.write(made, beside, about)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().numpy().astype(np.float16)


def _linear(layer: nn.Module) -> Linear:
    return Linear(_array(layer.weight), _array(layer.bias))


def begin_from(network: Network, heads: TaughtHeads, adapter: Path, beside: Path) -> None:
    """Put what an earlier run exported into the modules."""
    layer, start = network.layers[0], files.load(beside)
    pairs = read_adapter(adapter, heads=layer.heads, kv_heads=layer.kv_heads)
    assert start.labels == LABELS
    assert start.members == WHO
    assert start.member_scores
    with torch.no_grad():
        for key, (part, place) in adapted(network).items():
            part.down[place].copy_(pairs[key][0])
            part.up[place].copy_(pairs[key][1])
        _fill(heads.labels, start.label_scores)
        _fill(heads.who, start.member_scores)
        for head in start.articles:
            heads.pools[head.name].copy_(torch.from_numpy(head.pool))
            _fill(heads.kinds[head.name], head.scores)
        if start.same:
            heads.same.weight.copy_(torch.from_numpy(start.same.weight))
            heads.same_scale.copy_(torch.tensor([start.same.sameness.scale, start.same.sameness.shift]))


def _fill(layer: nn.Module, scores: Linear) -> None:
    layer.weight.copy_(torch.from_numpy(scores.weight))
    layer.bias.copy_(torch.from_numpy(scores.bias))
