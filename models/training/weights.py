"""The weights of the very GGUF that ships, dequantized, in the training framework; and the adapter back as a GGUF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import torch
from transformers import LlamaConfig, LlamaForCausalLM

MODULES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Linear layers by their names in transformers and in llama.cpp."""


def base_model(path: str) -> LlamaForCausalLM:
    """A llama-architecture GGUF as a transformers model, weights dequantized to float32."""
    reader = gguf.GGUFReader(path)
    meta = {name: field.contents() for name, field in reader.fields.items() if name.startswith("llama.")}
    weights = {tensor.name: torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy()).float() for tensor in reader.tensors}
    heads, kv_heads = int(meta["llama.attention.head_count"]), int(meta["llama.attention.head_count_kv"])
    embedding = weights["token_embd.weight"]
    config = LlamaConfig(
        vocab_size=embedding.shape[0],
        hidden_size=int(meta["llama.embedding_length"]),
        intermediate_size=int(meta["llama.feed_forward_length"]),
        num_hidden_layers=int(meta["llama.block_count"]),
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=int(meta["llama.context_length"]),
        rms_norm_eps=float(meta["llama.attention.layer_norm_rms_epsilon"]),
        tie_word_embeddings="output.weight" not in weights,
        rope_parameters={"rope_type": "default", "rope_theta": float(meta["llama.rope.freq_base"])},
    )
    model = LlamaForCausalLM(config)
    state = {
        "model.embed_tokens.weight": embedding,
        "lm_head.weight": weights.get("output.weight", embedding),
        "model.norm.weight": weights["output_norm.weight"],
    }
    for layer in range(config.num_hidden_layers):
        ours, theirs = f"model.layers.{layer}.", f"blk.{layer}."
        for name, short in MODULES.items():
            weight = weights[f"{theirs}{short}.weight"]
            if short in ("attn_q", "attn_k"):
                weight = uninterleaved(weight, heads if short == "attn_q" else kv_heads)
            state[f"{ours}{name}.weight"] = weight
        state[f"{ours}input_layernorm.weight"] = weights[f"{theirs}attn_norm.weight"]
        state[f"{ours}post_attention_layernorm.weight"] = weights[f"{theirs}ffn_norm.weight"]
    model.load_state_dict(state)
    return model


def uninterleaved(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows of q or k in transformers' order: llama.cpp interleaves the halves that its rotary embedding turns."""
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def interleaved(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """The inverse of `uninterleaved`."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def write_adapter(state: dict[str, torch.Tensor], path: Path, *, alpha: float, config: Any, about: dict[str, str]) -> None:
    """Write peft's LoRA tensors as a llama.cpp adapter, float16."""
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for key, words in about.items():
        writer.add_string(key, words)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for key, tensor in state.items():
        layer, rest = key.split("layers.")[1].split(".", 1)
        module, part = rest.rsplit(".lora_", 1)
        short, side, value = MODULES[module], part[0].lower(), tensor.detach().float()
        if side == "b" and short in heads:
            value = interleaved(value, heads[short])
        writer.add_tensor(f"blk.{layer}.{short}.weight.lora_{side}", value.to(torch.float16).contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
