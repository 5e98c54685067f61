"""What functions are built for where they run in Linux containers on this machine: its own processor."""

import os
import platform

PROCESSOR = "aarch64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
ARCHITECTURE = "arm64" if PROCESSOR == "aarch64" else "x86_64"
"""As the template's parameter names it."""


def build_for_containers() -> None:
    """Makes `sam build` take the layer's packages for Linux, also where this machine is none."""
    if platform.system() != "Linux":
        os.environ.setdefault("LAYER_PLATFORM", f"{PROCESSOR}-manylinux_2_28")
