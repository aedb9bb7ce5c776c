"""Train the adapter: ``python -m casebrief.models.training.train --minutes 90 --out models/adapters/NAME.gguf``.

Needs the dependency group "training" (torch, transformers, peft, gguf, faker, matplotlib). Data and order are seeded; the number of
steps follows from the minutes, so a repeated run on another machine sees the same data, more or less of it.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from casebrief.models.catalog import load as load_catalog
from casebrief.models.training.avoid import names_of_cases
from casebrief.models.training.bank import bank
from casebrief.models.training.composing import compose
from casebrief.models.training.filling import Names
from casebrief.models.training.packing import NAME, Pack, attend_by, pack
from casebrief.models.training.task import Example, Task, Tokenizer, Way
from casebrief.models.training.weights import MODULES, base_model, write_adapter
from casebrief.prompts.loader import load
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

RANK, ALPHA, RATE, SEED = 16, 32, 6e-4, 20251121
PACK_TOKENS = 1900
"""Tokens of one step: more articles a step while they fit."""

HELD_OUT = 40
"""Every so many-th template is never trained on; recall on them is the training's own test."""


def packs(task: Task, seed: int, held_out: frozenset[int], *, only_held_out: bool = False) -> Iterator[Pack]:
    """Training steps without end, by the seed."""
    chance, names = random.Random(seed), Names(seed, names_of_cases())
    waiting: list[Example] = []
    used = len(task.opening)
    while True:
        example = task.example(compose(names, chance, held_out, only_held_out=only_held_out), chance)
        size = len(example.article) + sum(len(fork.tail) + len(fork.answer) for fork in example.forks)
        if size > PACK_TOKENS:
            continue
        if waiting and used + size > PACK_TOKENS:
            yield pack(task.opening, waiting)
            waiting, used = [], len(task.opening)
        waiting.append(example)
        used += size


def loss_of(model: Any, one: Pack, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean loss over the answers' tokens, and which of them were chosen rightly."""
    one = one.to(device)
    attend_by(one)
    inner = model.base_model.model
    with torch.autocast(device, dtype=torch.bfloat16):
        hidden = inner.model(input_ids=one.ids[None], position_ids=one.positions[None], use_cache=False).last_hidden_state[0]
        learnt = one.labels != -100  # logits only where there is a label: the vocabulary is the cost
        logits = inner.lm_head(hidden[learnt]).float()
    return torch.nn.functional.cross_entropy(logits, one.labels[learnt]), logits.argmax(-1) == one.labels[learnt]


def train(way: Way, minutes: float, out: Path, device: str, init: Path | None = None) -> None:
    catalog = load_catalog(Path())
    entry, gguf_path = catalog.entry(catalog.default), str(catalog.path(catalog.default))
    task = Task(way, Tokenizer(gguf_path), load())
    torch.manual_seed(SEED)
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=[name.split(".")[1] for name in MODULES])
    base = base_model(gguf_path)
    base.config._attn_implementation = NAME  # noqa: SLF001 - the documented way is for named checkpoints
    model = get_peft_model(base.to(torch.bfloat16), config).to(device)  # type: ignore[arg-type]
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.data = parameter.data.float()
    if init is not None:
        model.load_state_dict(torch.load(init), strict=False)
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
    held_out = frozenset(range(0, len(bank()), HELD_OUT))
    source, test = packs(task, SEED, held_out), packs(task, SEED + 1, held_out, only_held_out=True)
    tests = [next(test) for _ in range(6)]
    log: list[dict[str, float]] = []
    started, step, tokens = time.time(), 0, 0
    while (done := (time.time() - started) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * done))
        one = next(source)
        loss, _ = loss_of(model, one, device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step, tokens = step + 1, tokens + len(one.ids)
        line = {"step": step, "minutes": round((time.time() - started) / 60, 2), "loss": round(loss.item(), 4), "tokens": tokens}
        if step % 100 == 0:
            with torch.no_grad():
                results = [loss_of(model, other, device) for other in tests]
            line["held_out_loss"] = round(sum(result[0].item() for result in results) / len(results), 4)
            line["held_out_right"] = round(torch.cat([result[1] for result in results]).float().mean().item(), 4)
        log.append(line)
        if step % 10 == 0:
            print(json.dumps(line), flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    state = get_peft_model_state_dict(model)
    torch.save({name: parameter.detach().cpu() for name, parameter in model.named_parameters() if parameter.requires_grad}, out.with_suffix(".pt"))
    about = {"general.name": "casebrief reader", "general.license": "apache-2.0", "general.base_model.0.name": entry.title, "casebrief.way": way, "casebrief.prompts": load().sha256}
    write_adapter({key: value.cpu() for key, value in state.items()}, out, alpha=float(ALPHA), config=base.config, about=about)
    out.with_suffix(".log.json").write_text(json.dumps(log) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--way", choices=["sentence", "field"], default="sentence")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", type=Path)
    given = parser.parse_args()
    train(given.way, given.minutes, given.out, given.device, given.init)


if __name__ == "__main__":
    main()
