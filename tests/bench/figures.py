"""Figures that were measured, as JSON in docs/figures: one file for each subject, and the machine that they are of."""

import json
import os
import platform
from pathlib import Path
from typing import Any

from infra.settings import ROOT

FOLDER_VARIABLE = "BENCH_FIGURES"
FOLDER = Path(os.environ.get(FOLDER_VARIABLE) or ROOT / "docs" / "figures")


def keep(subject: str, found: dict[str, Any]) -> None:
    """Replaces what is kept of a subject."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    (FOLDER / f"{subject}.json").write_text(json.dumps({"machine": machine, **found}, indent=2) + "\n")


def kept(subject: str) -> dict[str, Any]:
    """What was measured last."""
    return all_kept()[subject]


def all_kept(folder: Path | str = FOLDER) -> dict[str, dict[str, Any]]:
    """Every subject that has been measured."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(Path(folder).glob("*.json"))}
