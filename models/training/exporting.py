"""What was taught, as the product loads it: the adapter and the heads, float16, and back as the start of a further run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from casebrief.models import heads as files
from casebrief.models.engine import Sameness
from casebrief.models.heads import ArticleHead, Floats, Heads, Linear, SameHead
from casebrief.models.training import ABOUT
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


def export(network: Network, heads: TaughtHeads, adapter: Path, beside: Path) -> None:
    """Write the adapter and, beside it, the heads, not calibrated yet."""
    pairs = {key: (part.down[place].detach().cpu(), part.up[place].detach().cpu()) for key, (part, place) in adapted(network).items()}
    write_adapter(pairs, adapter, network.shape, ABOUT)
    scale, shift = heads.same_scale.tolist()
    made = Heads(
        labels=LABELS,
        label_scores=_linear(heads.labels),
        members=WHO,
        member_scores=_linear(heads.who),
        articles=tuple(ArticleHead(name, classes, _array(heads.pools[name]), _linear(heads.kinds[name])) for name, classes in KINDS.items()),
        same=SameHead(_array(heads.same.weight), Sameness(scale, shift)),
    )
    files.write(made, beside, ABOUT)


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().cpu().float().numpy().astype(np.float16)
    return array


def _linear(layer: nn.Module) -> Linear:
    return Linear(_array(layer.weight), _array(layer.bias))


def begin_from(network: Network, heads: TaughtHeads, adapter: Path, beside: Path) -> None:
    """Put what an earlier run exported into the modules; heads that it lacks stay as they are.

    Raises `ValueError` where the files were made for another network, or for other labels.
    """
    start = files.load(beside)
    if start.labels != LABELS or start.members != WHO or not start.member_scores:
        raise ValueError(f"{beside}: its labels and members are not those of the corpus ({len(LABELS)} labels, {len(WHO)} members)")
    pairs = read_adapter(adapter, network.shape)
    if pairs.keys() != adapted(network).keys():
        raise ValueError(f"{adapter}: it adapts other layers than the network has")
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
