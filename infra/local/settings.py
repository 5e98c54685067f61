"""What the user has set: `.env.example` names every variable, `.env` and the environment change them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
HIGHEST = 65_535
THIS_MACHINE = ("PORT", "EMULATOR_PORT", "DEV_PORT", "FRONT_DOOR_CONCURRENCY")


class Mistake(Exception):
    """Something that the user can mend; carries the sentence that says how."""


def settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Every variable of `.env.example`: from the environment, else `.env`, else its default."""
    defaults = read_variables(ROOT / ".env.example")
    chosen = read_variables(ROOT / ".env") if (ROOT / ".env").is_file() else {}
    if unknown := sorted(chosen.keys() - defaults.keys()):
        raise Mistake(f"{unknown[0]} in .env is not a variable of .env.example: correct its name or remove it.")
    return {name: environ.get(name, chosen.get(name, default)) for name, default in defaults.items()}


def read_variables(path: Path) -> dict[str, str]:
    """The NAME=value lines of a file; quotes around a value are taken off, lines with `#` in front left out."""
    variables = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        stripped = line.strip().removeprefix("export ")
        if not stripped or stripped.startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", stripped)
        if match is None:
            raise Mistake(f"Line {number} of {path.name} is not of the form NAME=value: correct or remove it.")
        name, value = match.groups()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        variables[name] = value
    return variables


def number(chosen: Mapping[str, str], name: str) -> int:
    """A positive whole number among the settings."""
    if not chosen[name].isdecimal() or not 0 < int(chosen[name]) <= HIGHEST:
        raise Mistake(f"{name} must be a number from 1 to {HIGHEST}, not {chosen[name]!r}.")
    return int(chosen[name])


def parameters(chosen: Mapping[str, str]) -> dict[str, str]:
    """The template parameters that the settings are meant for: AUTH_LOGIN_MAX_ATTEMPTS is AuthLoginMaxAttempts."""
    declared = template()["Parameters"]
    named = {name.title().replace("_", ""): value for name, value in chosen.items() if name not in THIS_MACHINE}
    return {name: value for name, value in named.items() if name in declared}


def template(path: str = "template.yaml") -> dict[str, Any]:
    """A template of the project with its intrinsic functions read as plain values."""
    loaded: dict[str, Any] = yaml.load((ROOT / path).read_text(), Loader=_Template)  # noqa: S506 - a SafeLoader
    return loaded


class _Template(yaml.SafeLoader):
    """Reads CloudFormation's `!Ref` and its like as the value behind the tag."""


def _plain(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_object(yaml.ScalarNode("tag:yaml.org,2002:str", node.value))


_Template.add_multi_constructor("!", _plain)
