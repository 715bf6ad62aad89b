"""The GGUF file says what the checkpoint says: the same tokens, the same answers, every time."""

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from examples.proposer.gguf_file import pair_rotations, read_checkpoint, write_gguf
from examples.proposer.problems import KINDS, draw
from examples.proposer.vocabulary import ASSISTANT, BYTES, END, USER, Vocabulary

CONTEXT = 1024
FIRST_TEXT = BYTES + 256
WORDS = (
    "(pick-up ",
    "(put-down ",
    "(stack ",
    " b1",
    " b2",
    ")\n",
    '{"day": "',
    "Monday",
    "14",
    ":30",
)


@pytest.fixture(scope="module")
def prompts():
    chance = random.Random(5)  # noqa: S311  # examples, no secrets
    return [draw(chance, kind, 1, held_out=False).prompt for kind in KINDS for _ in range(3)]


@pytest.fixture(scope="module")
def vocabulary(prompts):
    lines = {f"{line}\n" for prompt in prompts for line in prompt.split("\n") if len(line) > 12}
    return Vocabulary([*WORDS, *sorted(lines)])


@pytest.fixture(scope="module")
def checkpoint(vocabulary, tmp_path_factory):
    """A llama of random weights, large enough to have an opinion on the next token."""
    import torch  # noqa: PLC0415  # collected where there is none
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary) + 3,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=END,
        eos_token_id=END,
        initializer_range=0.3,
    )
    folder = tmp_path_factory.mktemp("checkpoint")
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        # So it says text; half a character is shown by neither side.
        model.model.embed_tokens.weight[:FIRST_TEXT] = 0
        model.model.embed_tokens.weight[len(vocabulary) :] = 0
    model.save_pretrained(folder)
    vocabulary.save(folder)
    return folder


@pytest.fixture(scope="module")
def server(checkpoint):
    """The service's own runtime, with the file."""
    path = checkpoint / "toy.gguf"
    write_gguf(read_checkpoint(checkpoint), path, "f32")
    argv = [sys.executable, "-m", "app.local_server", str(path), "--threads", "1"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        child.stdin.write("key\n")
        child.stdin.flush()
        url = json.loads(child.stdout.readline())["url"]
        headers = {"Authorization": "Bearer key"}
        with httpx.Client(base_url=url, headers=headers, timeout=120, trust_env=False) as client:
            yield client
        child.stdin.close()


def ask(server, text, **options):
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 24, **options}
    body["cache_prompt"] = False
    return server.post("/v1/chat/completions", json=body).json()


def hostile_texts():
    chance = random.Random(6)  # noqa: S311  # likewise
    signs = [*map(chr, range(32, 127)), "\n", "\t", "\0", "é", "中", "😀", "▁", "\u202e", "\ufeff"]
    yield from ("", " ", "▁", "<0x0A>", "  (pick-up  b1)", "b1b2", "(stack b1 b2)\n" * 50)
    yield from ("".join(chance.choices(signs, k=60)) for _ in range(60))
    yield from ("".join(chr(chance.randrange(1, 0x2FFF)) for _ in range(40)) for _ in range(40))
    yield from ("".join(chance.choices([*WORDS, *"(b1 ):"], k=30)) for _ in range(40))


def test_both_read_every_text_alike(server, vocabulary, prompts):
    for text in [*prompts, *hostile_texts()]:
        told = server.post("/tokenize", json={"content": text, "parse_special": False}).json()
        assert told["tokens"] == vocabulary.encode(text), text[:200]


def test_a_conversation_is_put_as_it_was_in_training(server, vocabulary):
    turns = [("user", "one"), ("assistant", "two"), ("user", "three")]
    messages = [{"role": role, "content": content} for role, content in turns]
    shown = server.post("/apply-template", json={"messages": messages}).json()["prompt"]
    told = server.post("/tokenize", json={"content": shown, "parse_special": True}).json()
    expected = [USER, *vocabulary.encode("one"), ASSISTANT, *vocabulary.encode("two"), END]
    expected += [USER, *vocabulary.encode("three"), ASSISTANT]
    assert told["tokens"] == expected


def test_the_file_answers_as_the_checkpoint_does(server, checkpoint, vocabulary, prompts):
    import torch  # noqa: PLC0415  # as above
    from transformers import LlamaForCausalLM  # noqa: PLC0415

    model = LlamaForCausalLM.from_pretrained(checkpoint).eval()
    for prompt in prompts[::4]:
        ids = torch.tensor([[USER, *vocabulary.encode(prompt), ASSISTANT]])
        with torch.no_grad():
            best = torch.log_softmax(model(ids).logits[0, -1], -1).max()
            made = model.generate(ids, max_new_tokens=24, do_sample=False)[0, ids.shape[1] :]
        said = ask(server, prompt, temperature=0, logprobs=True)["choices"][0]
        assert said["message"]["content"] == vocabulary.decode(made.tolist())
        told = said["logprobs"]["content"][0]["logprob"]
        assert told == pytest.approx(float(best), abs=0.01)


def test_a_seed_gives_the_same_text_again_and_on_every_slot(server, prompts):
    def say(seed):
        return ask(server, prompts[0], seed=seed, temperature=0.7)["choices"][0]["message"]

    first = [say(seed) for seed in range(4)]
    assert len({said["content"] for said in first}) > 1
    assert [say(seed) for seed in range(4)] == first
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(say, [0, 1, 2, 3])) == first


def test_beyond_the_context_there_is_a_clear_end(server):
    body = {"messages": [{"role": "user", "content": "x " * CONTEXT}]}
    refused = server.post("/v1/chat/completions", json=body)
    assert (refused.status_code, refused.json()["error"]["type"]) == (
        400,
        "exceed_context_size_error",
    )
    # Without `<end>` among the tokens it may draw, it can only stop where the context does.
    said = ask(server, "x" * (CONTEXT - 40), max_tokens=200, logit_bias=[[END, False]])
    assert said["choices"][0]["finish_reason"] == "length"
    assert said["usage"]["total_tokens"] <= CONTEXT
    assert ask(server, "still here")["usage"]["completion_tokens"] > 0


def test_eight_bits_are_smaller_and_mean_nearly_the_same(checkpoint, tmp_path):
    read = read_checkpoint(checkpoint)
    sizes = {}
    for kind in ("f16", "q8_0"):
        write_gguf(read, tmp_path / kind, kind)
        sizes[kind] = (tmp_path / kind).stat().st_size
    assert sizes["q8_0"] < 0.7 * sizes["f16"]
    write_gguf(read, tmp_path / "again", "q8_0")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "q8_0").read_bytes()


def test_rotations_are_paired_without_losing_a_row():
    rows = np.arange(16, dtype=np.float32).reshape(8, 2)
    paired = pair_rotations(rows, heads=2)
    assert paired[:, 0].tolist() == [0, 4, 2, 6, 8, 12, 10, 14]


def test_a_vocabulary_without_a_byte_is_refused(checkpoint, tmp_path):
    for file in ("config.json", "model.safetensors"):
        (tmp_path / file).write_bytes((checkpoint / file).read_bytes())
    listed = json.loads((checkpoint / "vocabulary.json").read_text())
    del listed["tokens"][10]
    (tmp_path / "vocabulary.json").write_text(json.dumps(listed))
    with pytest.raises(ValueError, match="256 bytes"):
        read_checkpoint(tmp_path)
