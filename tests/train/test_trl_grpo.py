"""TRL's GRPO trainer takes our reward function and our rows as they are."""

import math

from trl import GRPOConfig, GRPOTrainer

from app.flywheel.trl_reward import ModuloReward


def test_learns_from_the_critics(export, model, tokenizer, tmp_path):
    data = export("rl")
    assert {"prompt", "domain", "problem"} <= set(data.column_names)
    with ModuloReward(weights={"verdict": 1, "progress": 0.5, "prefix": 0.1}, workers=1) as reward:
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=reward,
            args=GRPOConfig(
                output_dir=str(tmp_path),
                max_steps=2,
                per_device_train_batch_size=2,
                num_generations=2,
                max_completion_length=12,
                learning_rate=1e-3,
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
    assert ended.global_step == 2
    assert math.isfinite(ended.training_loss)
    logged = trainer.state.log_history[0]
    assert "rewards/modulo_reward/mean" in logged
    assert logged["modulo_reward/accepted"] == 0


def test_what_was_certified_is_rewarded(export):
    answers = {str(row["prompt"]): row["completion"] for row in export("sft")}
    rows = [row for row in export("rl") if str(row["prompt"]) in answers]
    assert rows
    with ModuloReward(workers=1) as reward:
        rewards = reward(
            prompts=[row["prompt"] for row in rows],
            completions=[answers[str(row["prompt"])] for row in rows],
            domain=[row["domain"] for row in rows],
            problem=[row["problem"] for row in rows],
            trainer_state=None,
        )
    assert rewards == [1.0] * len(rows)
