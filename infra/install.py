"""Makes .venv and .venv-tools from the pinned requirements; does nothing when both are up to date.

Run by a bare Python 3.13: imports the standard library only.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOG = ROOT / ".local" / "logs" / "install.log"
INSTALLER = "requirements/installer.txt"
ENVIRONMENTS = {".venv": "requirements/dev.txt", ".venv-tools": "requirements/tools.txt"}
ON_DEMAND = {".venv-security": "requirements/security.txt"}


def main() -> None:
    """Installs what is missing, also of the environments that are asked for; ends with a sentence when that fails."""
    for name, requirements in (ENVIRONMENTS | {name: ON_DEMAND[name] for name in sys.argv[1:]}).items():
        install(ROOT / name, ROOT / requirements)


def install(environment: Path, requirements: Path) -> None:
    """Makes `environment` hold exactly what `requirements` pins."""
    stamp = environment / ".installed"
    wanted = fingerprint(requirements)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    print(f"Installing {requirements.relative_to(ROOT)} into {environment.name} …", flush=True)
    LOG.parent.mkdir(parents=True, exist_ok=True)
    if not usable(environment):
        shutil.rmtree(environment, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(environment)], "Python's venv module does not work: install it")
    installer(ROOT / ".venv")
    run(
        [
            *(str(ROOT / ".venv" / "bin" / "uv"), "pip", "sync", "--quiet", "--require-hashes"),
            *("--compile-bytecode", "--python", str(environment / "bin" / "python")),
            *([str(ROOT / INSTALLER)] if environment.name == ".venv" else []),
            str(requirements),
        ],
        "The pinned packages could not be installed: check the network and the package index, then run it again",
    )
    stamp.write_text(wanted)
    print(f"  done in {time.monotonic() - started:.1f} s", flush=True)


def installer(environment: Path) -> None:
    """Puts the pinned uv, which installs in seconds what takes pip a minute, into `environment`."""
    if (environment / "bin" / "uv").is_file():
        return
    run(
        [
            *(str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--requirement", str(ROOT / INSTALLER)),
        ],
        "uv could not be installed: check the network and the package index, then run it again",
    )


def usable(environment: Path) -> bool:
    """Whether a Python 3.13 with pip answers there (a half-made environment does not)."""
    python = environment / "bin" / "python"
    check = "import sys, pip; sys.exit(sys.version_info[:2] != (3, 13))"
    try:
        return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def fingerprint(requirements: Path) -> str:
    """Changes when the pins, the interpreter or this file do."""
    parts = [requirements, ROOT / INSTALLER, Path(__file__)]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts) + sys.version.encode()).hexdigest()


def run(command: list[str], complaint: str) -> None:
    """Runs `command`, its words in the log; when it fails, ends this program with `complaint`."""
    bytecode_allowed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with LOG.open("ab") as log:
        finished = subprocess.run(command, stdout=log, stderr=log, check=False, env=bytecode_allowed)
    if finished.returncode != 0:
        sys.exit(f"error: {complaint} (log: {LOG.relative_to(ROOT)})")


if __name__ == "__main__":
    main()
