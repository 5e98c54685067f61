"""template.yaml as the tests see it: functions with their routes and permissions, tables, parameters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.settings import template

RESOURCES: Mapping[str, Mapping[str, Any]] = template()["Resources"]
PARAMETERS: Mapping[str, Mapping[str, Any]] = template()["Parameters"]
GLOBALS: Mapping[str, Any] = template()["Globals"]["Function"]

# What is left of `!GetAtt UsersTable.Arn` and of `!Sub "${UsersTable.Arn}/index/by_creation"` without their tags.
_RESOURCE = re.compile(r"(?:\$\{)?(?P<logical_id>\w+)\.(?:Arn|Id)\}?(?:/index/(?P<index>\w+))?")


@dataclass(frozen=True)
class Permission:
    """One action that a function may do on one resource; `policy` and `statement` are where its policies say so.

    `condition` names the template's condition under which it is granted, None for always.
    """

    function: str
    policy: int
    statement: int
    action: str
    resource: str
    index: str | None
    condition: str | None = None

    def __str__(self) -> str:
        place = f"{self.resource}.{self.index}" if self.index else self.resource
        return f"{self.function}-{self.action.partition(':')[2]}-{place}"


@dataclass(frozen=True)
class Function:
    """A function of the template."""

    name: str
    handler: str
    routes: tuple[tuple[str, str], ...]
    permissions: tuple[Permission, ...]
    properties: Mapping[str, Any]

    @property
    def variables(self) -> Mapping[str, Any]:
        """Environment variables beside those of all functions."""
        return self.properties.get("Environment", {}).get("Variables", {})  # type: ignore[no-any-return]


def functions() -> list[Function]:
    """All functions, in the order of the template."""
    return [_function(name, block["Properties"]) for name, block in of_type("AWS::Serverless::Function")]


def of_type(resource_type: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The resources of a type, by logical id."""
    return ((name, block) for name, block in RESOURCES.items() if block["Type"] == resource_type)


def statements(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a function's own policies say, whatever it depends on."""
    return [statement for of_policy in _conditional_statements(properties) for _, statement in of_policy]


def indexes(table: Mapping[str, Any]) -> dict[str, list[Mapping[str, str]]]:
    """A table's secondary indexes: their key schemas by name."""
    properties = table["Properties"]
    both = [*global_indexes(properties), *properties.get("LocalSecondaryIndexes", [])]
    return {index["IndexName"]: index["KeySchema"] for index in both}


def global_indexes(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The global indexes that a table has from its first deployment on, without those of an earlier release."""
    return [index for index in properties.get("GlobalSecondaryIndexes", []) if not isinstance(index, list)]


def _function(name: str, properties: Mapping[str, Any]) -> Function:
    events = [event["Properties"] for event in properties.get("Events", {}).values() if event["Type"] == "Api"]
    return Function(
        name,
        properties["Handler"],
        tuple((event["Method"], event["Path"]) for event in events),
        tuple(_permissions(name, properties)),
        properties,
    )


def _conditional_statements(properties: Mapping[str, Any]) -> Iterator[list[tuple[str | None, Mapping[str, Any]]]]:
    """Each policy's statements with their conditions."""
    for policy in properties.get("Policies", []):
        said = policy["Statement"]
        yield [_conditional(statement) for statement in (said if isinstance(said, list) else [said])]


def _conditional(statement: Any) -> tuple[str | None, Mapping[str, Any]]:
    """`!If [HasMailSender, {...}, !Ref AWS::NoValue]` without its tags is a list."""
    if not isinstance(statement, list):
        return None, statement
    condition, granted, otherwise = statement
    if otherwise != "AWS::NoValue":
        raise ValueError(f"One statement or none, not one or another: {statement}")
    return condition, granted


def _permissions(function: str, properties: Mapping[str, Any]) -> Iterator[Permission]:
    for policy, of_policy in enumerate(_conditional_statements(properties)):
        for number, (condition, statement) in enumerate(of_policy):
            resource, index = _acted_on(function, statement["Resource"])
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                yield Permission(function, policy, number, action, resource, index, condition)


def _acted_on(function: str, resource: str | list[Any]) -> tuple[str, str | None]:
    """The logical id of a resource (and index), or the parameter that names something outside the stack."""
    if isinstance(resource, list):
        (parameter,) = resource[1]
        return parameter, None
    if resource in PARAMETERS:
        return resource, None
    found = _RESOURCE.fullmatch(resource)
    if found is None:
        raise ValueError(f"{function} may act on something that is not of this stack: {resource}")
    return found["logical_id"], found["index"]
