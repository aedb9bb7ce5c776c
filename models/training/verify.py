"""Does llama.cpp choose as the training framework does? ``python -m casebrief.models.training.verify ADAPTER.gguf``.

Both read the same prompts (whole articles up to a sentence, and its answer); the adapter is read back from the very file. The tokens
that each would choose at every place of the answers are compared.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import torch
from casebrief.models.catalog import load as load_catalog
from casebrief.models.training.avoid import names_of_cases
from casebrief.models.training.composing import compose
from casebrief.models.training.filling import Names
from casebrief.models.training.task import Task, Tokenizer
from casebrief.models.training.weights import MODULES, base_model, uninterleaved
from casebrief.prompts.loader import load as load_prompt

PROMPTS, SEED, ENOUGH = 200, 7, 0.97


def merged(weights: str, adapter: Path) -> torch.nn.Module:
    """The base with the adapter's update added to its weights, float32."""
    model = base_model(weights)
    reader = gguf.GGUFReader(str(adapter))
    alpha = float(reader.fields["adapter.lora.alpha"].contents())
    tensors = {tensor.name: torch.from_numpy(tensor.data.copy()).float() for tensor in reader.tensors}
    heads = {"attn_q": model.config.num_attention_heads, "attn_k": model.config.num_key_value_heads}
    names = {short: name for name, short in MODULES.items()}
    for key in [name for name in tensors if name.endswith(".lora_a")]:
        _, layer, short, *_ = key.split(".")
        a, b = tensors[key], tensors[key.replace(".lora_a", ".lora_b")]
        if short in heads:
            b = uninterleaved(b, heads[short])
        module = model.get_submodule(f"model.layers.{layer}.{names[short]}")
        module.weight.data += (alpha / a.shape[0]) * (b @ a)
    return model.eval()


def main() -> None:
    adapter = Path(sys.argv[1])
    catalog = load_catalog(Path())
    weights = str(catalog.path(catalog.default))
    task = Task(Tokenizer(weights), load_prompt())
    chance, names = random.Random(SEED), Names(SEED, names_of_cases())  # noqa: S311 - data, no secrets
    theirs = merged(weights, adapter)
    ours = llama_cpp.Llama(weights, lora_path=str(adapter), n_ctx=4096, logits_all=True, verbose=False)
    prompts = same = tokens = whole = 0
    while prompts < PROMPTS:
        example = task.example(compose(names, chance))
        for fork in chance.sample(example.forks, min(4, len(example.forks))):
            before = task.opening + example.article[: fork.after] + fork.tail
            everything = before + fork.answer
            with torch.no_grad():
                expected = theirs(torch.tensor([everything])).logits[0, len(before) - 1 : -1].argmax(-1).numpy()
            ours.reset()  # type: ignore[no-untyped-call]
            ours.eval(everything)
            chosen = np.array(ours.scores[len(before) - 1 : len(everything) - 1]).argmax(-1)
            agree = chosen == expected
            prompts, same, tokens, whole = prompts + 1, same + int(agree.sum()), tokens + len(agree), whole + bool(agree.all())
    print(f"{prompts} prompts, {tokens} tokens of answers: the same token chosen at {same / tokens:.4f} of them, at every place in {whole} prompts")
    if same / tokens < ENOUGH:
        sys.exit(f"llama.cpp and torch should agree at {ENOUGH} of the places")


if __name__ == "__main__":
    main()
