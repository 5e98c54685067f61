"""A run in a file: what the clients were told and what was stored, so that the checks can be made again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from infra.cli import CommandError
from tests.consistency.evidence import Evidence


@dataclass
class Run:
    """Everything that the report is made from."""

    evidence: Evidence
    seconds: float
    faults: Mapping[str, int] = field(default_factory=dict)


_RUN = TypeAdapter(Run)


def keep(run: Run, file: Path) -> None:
    """Writes the run to the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_RUN.dump_json(run))


def how_to_judge_again(file: Path) -> str:
    """The command that reads the run and makes the checks on it again."""
    return f"make consistency CHECK={shlex.quote(str(file))}"


def read_again(file: Path) -> Run:
    """What `keep` has written. Raises `CommandError` if that is not what the file holds."""
    try:
        return _RUN.validate_json(file.read_bytes())
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} is no run that was kept: {error}") from error
