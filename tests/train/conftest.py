"""A model and a tokenizer small enough to train for a step in a test, made here and offline."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.played_runs import played_examples, write_journal

HERE = Path(__file__).parent
NEEDED = {"test_openenv.py": ("openenv",)}
"""What a file of tests needs to be collected, where that is not torch and trl."""
collect_ignore = [
    file.name
    for file in HERE.glob("test_*.py")
    if not all(map(find_spec, NEEDED.get(file.name, ("torch", "trl"))))
]
CHAT = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trainers warn of much that is none of our business."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.train)
            item.add_marker(pytest.mark.filterwarnings("default"))
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """Let nothing be asked of the Hub, and nothing be reported to anybody."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "datasets"))
    monkeypatch.setenv("WANDB_DISABLED", "true")


@pytest.fixture(scope="session")
def tokenizer(journals):
    """Bytes and a few pairs of them, learnt from our own prompts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [file.read_text("utf-8") for file in sorted(journals.iterdir())]
    made.train_from_iterator(texts, trainer)
    pad, *_, end = SPECIAL
    fast = PreTrainedTokenizerFast(tokenizer_object=made, pad_token=pad, eos_token=end)
    fast.chat_template = CHAT
    return fast


@pytest.fixture
def model(tokenizer, tmp_path):
    """A llama of a few thousand random weights, the same in every test.

    It is read from a folder, from where some trainers take their reference model.
    """
    import torch  # noqa: PLC0415  # collected where there is none
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(tmp_path / "model")
    return LlamaForCausalLM.from_pretrained(tmp_path / "model")


@pytest.fixture(scope="session")
def journals(tmp_path_factory) -> Path:
    """Runs in which wrong answers were corrected."""
    folder = tmp_path_factory.mktemp("journals")
    for name, journal in played_examples():
        write_journal(journal, folder / f"{name}.jsonl")
    return folder


@pytest.fixture(scope="session")
def export(journals, tmp_path_factory):
    """Export the runs with the command, and read the folder with `datasets`, unchanged."""
    from datasets import load_dataset  # noqa: PLC0415  # collected where there is none

    def work(kind: str, *options: str):
        out = tmp_path_factory.mktemp("data") / kind
        command = [sys.executable, "-m", "app", "export", str(journals), "--format", kind]
        command += ["--out", str(out), "--json", *options]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MODULO_")}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, check=True, env=environment
        )
        told = json.loads(done.stdout)
        data = load_dataset(str(out), split="train", cache_dir=str(tmp_path_factory.mktemp("hf")))
        assert len(data) == told["rows"]["train"] > 0
        return data

    return work
