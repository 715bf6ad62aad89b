"""shots: how a prompt shows earlier answers and asks for a better one; the one home of wording.

Invariant: only accepted answers are shown, with the values that the domain has computed.
"""

from collections.abc import Sequence

from backprompt.evolve.islands import Member
from backprompt.prompt import ANSWER_CHARS
from critics.objective import Aim

SHOTS_CHARS = 100_000
"""Most characters of earlier answers in one prompt; the worse ones are left out first."""
WORDS = {"min": ("smaller", "less than"), "max": ("larger", "more than")}


def write_shots(aim: Aim, parents: Sequence[Member], best: Member | None) -> str:
    """Show answers from worse to better and ask for one that is better than the best.

    Args:
        aim: What is counted.
        parents: From worse to better.
        best: The best one that may be spoken of.
    """
    comparative, than = WORDS[aim.sense]
    goal = (
        f"Of correct answers, one with a {comparative} number is better. The number is: {aim.name}."
    )
    if best is None:
        return goal
    shown = _fit(parents)
    parts = [goal]
    if shown:
        parts.append("These answers were checked and are correct, from worse to better:")
    parts += [f"Answer with {aim.name} = {one.value}:\n{one.text.strip()}" for one in shown]
    parts.append(f"Give a different correct answer, with {aim.name} {than} {best.value}.")
    return "\n\n".join(parts)


def _fit(parents: Sequence[Member]) -> list[Member]:
    room = SHOTS_CHARS
    fitting: list[Member] = []
    for member in reversed(parents):
        if len(member.text) > min(room, ANSWER_CHARS):
            continue
        room -= len(member.text)
        fitting.append(member)
    return fitting[::-1]
