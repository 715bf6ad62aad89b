from backprompt.progress import Progress


def closed(progress: Progress, *scores: float) -> list[str | None]:
    return [progress.close_round(score, repeated=False) for score in scores]


def test_progress_is_a_better_score_than_ever_before() -> None:
    assert closed(Progress(2), 0.1, 0.2, 0.2, 0.3, 0.3, 0.1) == [None] * 5 + ["no-progress"]


def test_a_restart_is_measured_against_itself() -> None:
    assert closed(Progress(2), 0.9, 0.9, 0.9, 0.1, 0.2, 0.3) == [
        None,
        None,
        "no-progress",
        None,
        None,
        None,
    ]


def test_a_repeated_answer_is_never_progress() -> None:
    progress = Progress(1)
    assert progress.close_round(0.5, repeated=True) == "repeated-answer"


def test_endless_patience() -> None:
    assert closed(Progress(None), *[0.0] * 50) == [None] * 50
