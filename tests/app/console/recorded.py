"""The recorded answers of real models, played to whoever asks for the same problem."""

import json
from pathlib import Path

from backprompt.upstream import Completion, Request, ScriptedUpstream


class Recorded:
    """Answers runs as the recordings in `examples/recordings` do, call by call."""

    def __init__(self, root: Path) -> None:
        text = (root / "examples/recordings/tea.jsonl").read_text("utf-8")
        rows = [json.loads(line) for line in text.splitlines()]
        self._answers = [
            Completion.model_validate(row["completion"])
            for row in rows
            if row["event"] == "call-finished"
        ]
        self.upstream = ScriptedUpstream(self._respond)

    def _respond(self, request: Request) -> Completion:
        return self._answers[min(request.call, len(self._answers) - 1)]
