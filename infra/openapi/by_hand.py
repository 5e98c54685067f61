"""What the document says beside what the routes declare, written by hand in `by_hand.yaml`."""

from pathlib import Path
from typing import Any

import yaml

BY_HAND: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def headers(*names: str) -> dict[str, Any]:
    """A response's headers, which the document holds once."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
