"""Each role asks its own model, or the generator's."""

import pytest

from backprompt.roles import Roles
from backprompt.upstream import Message, Request, Role, ScriptedUpstream


def ask(role: Role) -> Request:
    return Request(messages=(Message(role="user", content="x"),), timeout_s=1.0, call=0, role=role)


@pytest.mark.parametrize("role", list(Role))
async def test_a_call_goes_to_the_model_of_its_role(role):
    others = {
        Role.REFORMATTER: ScriptedUpstream(lambda _: "neat"),
        Role.SOFT_CRITIC: ScriptedUpstream(lambda _: "7"),
    }
    roles = Roles(ScriptedUpstream(lambda _: "guess", name="strong"), others)
    expected = {Role.REFORMATTER: "neat", Role.SOFT_CRITIC: "7"}.get(role, "guess")
    assert (await roles.generate(ask(role))).text == expected
    assert roles.name == "strong"
    await roles.aclose()
