"""gguf_file: writes a trained checkpoint as one GGUF file, which llama.cpp runs.

    python -m examples.proposer.gguf_file CHECKPOINT proposer.gguf --type q8_0

A checkpoint is a folder with `config.json`, `model.safetensors` (`LlamaForCausalLM`) and
`vocabulary.json`: `{"tokens": [[text, kind], ...]}` in the order of their ids.

Invariants:
    * The same checkpoint gives the same bytes.
    * llama.cpp cuts text at the tokens of kind `text`, longest first, before anything else; what is
      left are bytes. So there is no text that has no tokens, and none that has two readings.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors.torch import load_file

NAME = "llm-modulo proposer"
LICENCE = "apache-2.0"
KINDS = {
    "text": gguf.TokenType.USER_DEFINED,
    "control": gguf.TokenType.CONTROL,
    "unknown": gguf.TokenType.UNKNOWN,
    "byte": gguf.TokenType.BYTE,
}
TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
ENDS = "<end>"
TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "{{- '<assistant>' + message['content'] + '<end>' -}}"
    "{%- else -%}"
    "{{- '<user>' + message['content'] -}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<assistant>' -}}{%- endif -%}"
)
"""A conversation as the model was trained on it; every role but the assistant's is the user's."""
TEMPERATURE = 0.7
"""Of sampling, where a request names none."""
LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Names of a layer's tensors: transformers' and llama.cpp's."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a folder holds.

    Attributes:
        config: Of the model, as transformers writes it.
        tensors: By transformers' names, 32 bits.
        tokens: `(text, kind)` by id.
    """

    config: Mapping[str, Any]
    tensors: Mapping[str, np.ndarray]
    tokens: Sequence[tuple[str, str]]


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        OSError: A file is missing.
        ValueError: The vocabulary does not fit the model, or a byte has no token.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    listed = json.loads((folder / "vocabulary.json").read_text("utf-8"))["tokens"]
    tokens = [(text, kind) for text, kind in listed]
    bytes_known = {text for text, kind in tokens if kind == "byte"}
    if bytes_known != {f"<0x{byte:02X}>" for byte in range(256)}:
        raise ValueError("the vocabulary needs a token for each of the 256 bytes")
    if len(tokens) > config["vocab_size"]:
        raise ValueError(f"{len(tokens)} tokens do not fit {config['vocab_size']} embeddings")
    tensors = load_file(folder / "model.safetensors")
    return Checkpoint(config, {k: v.float().numpy() for k, v in tensors.items()}, tokens)


def write_gguf(checkpoint: Checkpoint, path: Path, kind: str = "q8_0") -> None:
    """Write the file.

    Args:
        checkpoint: What was trained.
        path: Where the file goes; one that is there is replaced.
        kind: `f32`, `f16` or `q8_0`; of matrices, vectors keep 32 bits.
    """
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, checkpoint, TYPES[kind][1])
    _add_tokenizer(writer, checkpoint)
    for name, tensor in _tensors(checkpoint):
        quantized = TYPES[kind][0] if tensor.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(tensor, quantized), raw_dtype=quantized)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, checkpoint: Checkpoint, file_type: int) -> None:
    config = checkpoint.config
    heads = config["num_attention_heads"]
    writer.add_name(NAME)
    writer.add_license(LICENCE)
    writer.add_file_type(file_type)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(_head_size(config))
    writer.add_key_length(_head_size(config))
    writer.add_value_length(_head_size(config))
    writer.add_rope_freq_base(_rope_base(config))
    writer.add_sampling_temp(TEMPERATURE)


def _head_size(config: Mapping[str, Any]) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _rope_base(config: Mapping[str, Any]) -> float:
    told = config.get("rope_parameters") or {}
    return float(told.get("rope_theta") or config.get("rope_theta") or 10_000.0)


def _add_tokenizer(writer: gguf.GGUFWriter, checkpoint: Checkpoint) -> None:
    tokens = list(checkpoint.tokens)
    # Rows of the embedding beyond the vocabulary are never made; llama.cpp wants a name for each.
    tokens += [(f"<unused{n}>", "control") for n in range(len(tokens), _rows(checkpoint))]
    texts = [text for text, _ in tokens]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(texts)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([KINDS[kind] for _, kind in tokens])
    for add in (writer.add_eos_token_id, writer.add_eot_token_id, writer.add_pad_token_id):
        add(texts.index(ENDS))
    # There is no token before a text; llama.cpp wants one that it could put there.
    writer.add_bos_token_id(texts.index(ENDS))
    writer.add_unk_token_id(next(i for i, (_, kind) in enumerate(tokens) if kind == "unknown"))
    writer.add_add_bos_token(False)  # noqa: FBT003  # the library's signature
    writer.add_add_eos_token(False)  # noqa: FBT003  # likewise
    writer.add_add_space_prefix(False)  # noqa: FBT003  # likewise
    writer.add_chat_template(TEMPLATE)


def _rows(checkpoint: Checkpoint) -> int:
    return int(checkpoint.tensors["model.embed_tokens.weight"].shape[0])


def _tensors(checkpoint: Checkpoint) -> Iterator[tuple[str, np.ndarray]]:
    config, tensors = checkpoint.config, checkpoint.tensors
    yield "token_embd.weight", tensors["model.embed_tokens.weight"]
    yield "output_norm.weight", tensors["model.norm.weight"]
    if not config.get("tie_word_embeddings"):
        yield "output.weight", tensors["lm_head.weight"]
    heads = config["num_attention_heads"]
    turning = {"attn_q": heads, "attn_k": config.get("num_key_value_heads") or heads}
    for layer in range(config["num_hidden_layers"]):
        for theirs, ours in LAYER.items():
            tensor = tensors[f"model.layers.{layer}.{theirs}.weight"]
            if ours in turning:
                tensor = pair_rotations(tensor, turning[ours])
            yield f"blk.{layer}.{ours}.weight", tensor


def pair_rotations(weight: np.ndarray, heads: int) -> np.ndarray:
    """Reorder a projection's rows from transformers' rotation to llama.cpp's.

    transformers turns row `i` of a head together with row `i + half`; llama.cpp turns neighbours.
    """
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, weight.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weight.shape))


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(prog="python -m examples.proposer.gguf_file")
    parser.add_argument("checkpoint", type=Path, help="folder of the trained model")
    parser.add_argument("out", type=Path, help="GGUF file to write")
    parser.add_argument("--type", choices=list(TYPES), default="q8_0", help="of the matrices")
    options = parser.parse_args()
    write_gguf(read_checkpoint(options.checkpoint), options.out, options.type)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
