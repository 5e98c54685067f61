"""What the operator's commands know of a stack is what its functions know."""

from dataclasses import dataclass
from typing import Any

from infra.operate.erase import settings_of
from infra.settings import template
from infra.stack import DeployedStack


@dataclass(frozen=True)
class Described(DeployedStack):
    """A stack with the template's parameters, each of which has its own name as its value."""

    name: str = "described"

    def describe(self) -> dict[str, Any]:
        return {"Parameters": [{"ParameterKey": name, "ParameterValue": name} for name in template()["Parameters"]]}


def test_settings_have_the_names_that_functions_get_them_by() -> None:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    parameters = template()["Parameters"].keys()
    refers = {name: value for name, value in variables.items() if isinstance(value, str) and value in parameters}

    assert refers["ACCESS_TOKEN_MINUTES"] == "AccessTokenMinutes"
    assert refers.items() <= settings_of(Described()).items()
