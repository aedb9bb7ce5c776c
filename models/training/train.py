"""Train the adapter: ``python -m casebrief.models.training.train --minutes 62 --out OUT.gguf``.

Needs the dependency group "training". Data, order and weights at the start are seeded. The learning rate falls with the time that
is left, so two runs of the same minutes differ as their machines do; a GPU is used where torch finds one.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from casebrief.models.catalog import load as load_catalog
from casebrief.models.training.avoid import names_of_cases
from casebrief.models.training.bank import bank
from casebrief.models.training.composing import compose
from casebrief.models.training.filling import Names
from casebrief.models.training.packing import NAME, Pack, attend_by, pack
from casebrief.models.training.plot import plot
from casebrief.models.training.task import Example, Task, Tokenizer
from casebrief.models.training.weights import MODULES, base_model, write_adapter
from casebrief.prompts.loader import load as load_prompt
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

RANK, ALPHA, RATE, SEED = 16, 32, 6e-4, 20251121
WARM_UP = 20
"""Steps in which the learning rate rises to `RATE`."""

PACK_TOKENS = 1900
"""Tokens of one step: more articles a step while they fit."""

HELD_OUT = 40
"""Every so many-th template is never trained on; what the model makes of those is the training's own test."""

TESTS, TEST_EVERY = 6, 100
"""Packs of held-out templates, and after how many steps they are looked at."""


def packs(task: Task, seed: int, held_out: frozenset[int], *, only_held_out: bool = False) -> Iterator[Pack]:
    """Training steps without end, by the seed."""
    chance, names = random.Random(seed), Names(seed, names_of_cases())  # noqa: S311 - data, no secrets
    waiting: list[Example] = []
    used = len(task.opening)
    while True:
        example = task.example(compose(names, chance, held_out, only_held_out=only_held_out))
        size = len(example.article) + sum(len(fork.tail) + len(fork.answer) for fork in example.forks)
        if size > PACK_TOKENS:
            continue
        if waiting and used + size > PACK_TOKENS:
            yield pack(task.opening, waiting)
            waiting, used = [], len(task.opening)
        waiting.append(example)
        used += size


def loss_of(model: Any, one: Pack, device: str) -> tuple[Any, Any]:
    """Mean loss over the answers' tokens, and which of them would have been chosen rightly."""
    one = one.to(device)
    attend_by(one)
    inner = model.base_model.model
    with torch.autocast(device, dtype=torch.bfloat16):
        hidden = inner.model(input_ids=one.ids[None], position_ids=one.positions[None], use_cache=False).last_hidden_state[0]
        learnt = one.labels != -100  # logits only where there is a label: the vocabulary is the cost
        logits = inner.lm_head(hidden[learnt]).float()
    return torch.nn.functional.cross_entropy(logits, one.labels[learnt]), logits.argmax(-1) == one.labels[learnt]


def train(minutes: float, out: Path, device: str) -> None:
    """Train for some minutes; write the adapter, its log (JSON) and its curves (SVG) beside it."""
    catalog = load_catalog(Path())
    entry, weights = catalog.entry(catalog.default), str(catalog.path(catalog.default))
    prompt = load_prompt()
    task = Task(Tokenizer(weights), prompt)
    torch.manual_seed(SEED)
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=[name.split(".")[1] for name in MODULES])
    base = base_model(weights)
    base.config._attn_implementation = NAME  # noqa: SLF001 - there is no public way for a model that was not loaded by name
    model = get_peft_model(base.to(torch.bfloat16), config).to(device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.data = parameter.data.float()
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
    held_out = frozenset(range(0, len(bank()), HELD_OUT))
    source, unseen = packs(task, SEED, held_out), packs(task, SEED + 1, held_out, only_held_out=True)
    tests = [next(unseen) for _ in range(TESTS)]
    log: list[dict[str, float]] = []
    started, step, tokens = time.time(), 0, 0
    while (done := (time.time() - started) / 60 / minutes) < 1:
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))
        one = next(source)
        loss, _ = loss_of(model, one, device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step, tokens = step + 1, tokens + len(one.ids)
        line = {"step": step, "minutes": round((time.time() - started) / 60, 2), "loss": round(loss.item(), 4), "tokens": tokens}
        if step % TEST_EVERY == 0:
            with torch.no_grad():
                results = [loss_of(model, other, device) for other in tests]
            line["held_out_loss"] = round(sum(result[0].item() for result in results) / len(results), 4)
            line["held_out_right"] = round(torch.cat([result[1] for result in results]).float().mean().item(), 4)
        log.append(line)
        if step % 10 == 0:
            print(json.dumps(line), flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {"general.name": "casebrief reader", "general.license": "apache-2.0", "casebrief.base": entry.title, "casebrief.prompt": prompt.sha256}
    state = {key: value.cpu() for key, value in get_peft_model_state_dict(model).items()}
    write_adapter(state, out, alpha=float(ALPHA), config=base.config, about=about)
    out.with_suffix(".log.json").write_text(json.dumps(log) + "\n", encoding="utf-8")
    plot(out.with_suffix(".log.json"), out.with_suffix(".svg"))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=62)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    train(given.minutes, given.out, given.device)


if __name__ == "__main__":
    main()
