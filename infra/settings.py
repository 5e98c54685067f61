"""What the user has set: `.env.example` names every variable, `.env` and the environment change them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

from infra.cli import CommandError

ROOT = Path(__file__).parents[1]
HIGHEST = 65_535


def settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Every variable of `.env.example`: from the environment, else `.env`, else its default."""
    defaults, chosen = read_variables(ROOT / ".env.example"), read_variables(ROOT / ".env")
    if unknown := sorted(chosen.keys() - defaults.keys()):
        raise CommandError(f"{unknown[0]} in .env is not a variable of .env.example: correct its name or remove it.")
    return {name: environ.get(name, chosen.get(name, default)) for name, default in defaults.items()}


def read_variables(path: Path) -> dict[str, str]:
    """The variables of a file of NAME=value lines; none when there is no such file."""
    return {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}


def number(chosen: Mapping[str, str], name: str) -> int:
    """A positive whole number among the settings."""
    if not chosen[name].isdecimal() or not 0 < int(chosen[name]) <= HIGHEST:
        raise CommandError(f"{name} must be a number from 1 to {HIGHEST}, not {chosen[name]!r}.")
    return int(chosen[name])


def parameters(chosen: Mapping[str, str]) -> dict[str, str]:
    """The template parameters that the settings are meant for: AUTH_LOGIN_MAX_ATTEMPTS is AuthLoginMaxAttempts."""
    declared = template()["Parameters"]
    named = {name.title().replace("_", ""): value for name, value in chosen.items()}
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
