"""TRL's SFT trainer reads what we export as it is."""

import math

import pytest
from trl import SFTConfig, SFTTrainer


@pytest.mark.parametrize("kind", ["sft", "repair"])
def test_learns_from_an_export(kind, export, model, tokenizer, tmp_path):
    data = export(kind)
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(tmp_path),
            max_steps=3,
            per_device_train_batch_size=2,
            learning_rate=1e-3,
            max_length=2048,
            report_to="none",
            use_cpu=True,
            bf16=False,
            logging_steps=1,
            save_strategy="no",
        ),
        train_dataset=data,
        processing_class=tokenizer,
    )
    before = model.get_input_embeddings().weight.detach().clone()
    ended = trainer.train()
    assert ended.global_step == 3
    assert math.isfinite(ended.training_loss)
    assert not before.equal(model.get_input_embeddings().weight)


def test_only_the_last_turn_of_a_repair_is_learnt(export, model, tokenizer, tmp_path):
    data = export("repair")
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(tmp_path), max_length=8192, report_to="none", use_cpu=True, bf16=False
        ),
        train_dataset=data,
        processing_class=tokenizer,
    )
    row = trainer.data_collator([trainer.train_dataset[0]])
    learnt = [label for label in row["labels"][0].tolist() if label != -100]
    said = data[0]["completion"][0]["content"]
    assert tokenizer.decode(learnt) == f"{said}<|end|>"
    assert [turn["role"] for turn in data[0]["prompt"]] == ["user", "assistant", "user"]
