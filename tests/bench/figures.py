"""Figures that were measured, as JSON in docs/figures: one file for each subject, and the machine that they are of."""

import json
import os
import platform
from typing import Any

from infra.settings import ROOT

FOLDER = ROOT / "docs" / "figures"


def keep(subject: str, found: dict[str, Any]) -> None:
    """Replaces what is kept of a subject."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    (FOLDER / f"{subject}.json").write_text(json.dumps({"machine": machine, **found}, indent=2) + "\n")


def kept(subject: str) -> dict[str, Any]:
    """What was measured last."""
    found: dict[str, Any] = json.loads((FOLDER / f"{subject}.json").read_text())
    return found
