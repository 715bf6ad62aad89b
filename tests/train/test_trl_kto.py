"""TRL's KTO trainer reads what we export as it is."""

import math

from trl import KTOConfig, KTOTrainer


def test_learns_from_an_export(export, model, tokenizer, tmp_path):
    data = export("kto")
    assert set(data["label"]) == {True, False}
    trainer = KTOTrainer(
        model=model,
        args=KTOConfig(
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
    ended = trainer.train()
    assert ended.global_step == 3
    assert math.isfinite(ended.training_loss)
