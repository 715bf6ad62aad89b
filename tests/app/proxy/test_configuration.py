"""A profile that could never work stops the start."""

import pytest

from app.failures import ServiceError
from app.proxy.configuration import require_profiles
from app.settings import Settings


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ({"domain": "pdll"}, "`profiles.mine`: there is no domain `pdll`; did you mean `pddl`?"),
        ({"problem": {"a": 1}}, "`profiles.mine`: `problem` needs a `domain`"),
        ({"budget": {"rounds": 900}}, "`rounds` is 900; this server's cap is 100"),
        ({"strategy": {"search": "parallel", "n": 60}}, "`n` is 60; this server's cap is 16"),
    ],
)
def test_a_profile_that_cannot_work_is_told_by_name(profile, said):
    with pytest.raises(ServiceError, match="mine") as refused:
        require_profiles(Settings(profiles={"mine": profile}))
    assert refused.value.code == "settings-invalid"
    assert said in refused.value.detail


def test_profiles_that_work_pass():
    rungs = [{"model": "small", "rounds": 2}, {"model": "big"}]
    require_profiles(Settings(profiles={"mine": {"domain": "pddl", "models": rungs}}))
