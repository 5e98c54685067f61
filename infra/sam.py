"""Builds template.yaml, names releases, and runs `sam` and reads what samconfig.toml tells it."""

import hashlib
import os
import platform
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from infra.cli import CommandError
from infra.settings import ROOT

SAM = ROOT / ".venv-tools" / "bin" / "sam"
BUILD = ROOT / ".aws-sam"
RELEASED = ("template.yaml", "functions", "layers")
"""What functions are made of."""
DEPLOYED = (*RELEASED, "infra/monitoring.yaml")
LAYER_PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""The wheels that run on Lambda, by the template's `Architecture`."""
OWN_ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
"""This machine's, as the template calls it."""


def stack_name(sam_environment: str = "default") -> str:
    """The stack's name in samconfig.toml."""
    return str(deploy_options(sam_environment)["stack_name"])


def deploy_options(sam_environment: str) -> dict[str, Any]:
    """What samconfig.toml tells `sam deploy` there; raises CommandError when it does not know that environment."""
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    if sam_environment not in configured:
        raise CommandError(f"samconfig.toml has no environment {sam_environment!r}.")
    common = configured[sam_environment].get("global", {}).get("parameters", {})
    specific = configured[sam_environment].get("deploy", {}).get("parameters", {})
    return {**common, **specific}


def build(log: Path) -> None:
    """Runs `sam build`, unless what it would read is unchanged since the last time."""
    done = BUILD / "source"
    source = fingerprint(DEPLOYED)
    if done.is_file() and done.read_text() == source and (BUILD / "build" / "template.yaml").is_file():
        return
    done.unlink(missing_ok=True)
    run_sam(["build"], os.environ, log, "The build failed")
    done.write_text(source)


def build_for_containers(log: Path) -> None:
    """The same, with the layer's packages for Linux, also where this machine runs something else."""
    if platform.system() != "Linux":
        os.environ.setdefault("LAYER_PLATFORM", LAYER_PLATFORMS[OWN_ARCHITECTURE])
    build(log)


def parameter_overrides(values: Mapping[str, str]) -> list[str]:
    """The words by which `sam deploy` is told parameters."""
    return ["--parameter-overrides", *(f'{name}="{value}"' for name, value in values.items())]


def release(chosen: Mapping[str, str], sources: Iterable[str] = RELEASED) -> str:
    """Names this code with these parameters: another name whenever one of them differs."""
    told = sorted((name, value) for name, value in chosen.items() if name != "Release")
    return hashlib.sha256(repr([fingerprint(sources), told]).encode()).hexdigest()[:32]


def fingerprint(sources: Iterable[str]) -> str:
    """Changes when anything does that `sam build` reads there."""
    digest = hashlib.sha256(os.environ.get("LAYER_PLATFORM", "").encode())
    tops = [ROOT / name for name in sources]
    for path in sorted(file for top in tops for file in (top.rglob("*") if top.is_dir() else [top])):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def run_sam(command: list[str], environment: Mapping[str, str], log: Path, complaint: str) -> None:
    """Runs `sam`, its words in the log; raises CommandError with its reason when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    clean = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    with log.open("wb") as output:
        finished = subprocess.run(
            [SAM, *command],
            cwd=ROOT,
            env=clean | {"PATH": path, "SAM_CLI_TELEMETRY": "0", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode != 0:
        lines = log.read_text(errors="replace").splitlines()
        reason = next((line for line in lines if "CREATE_FAILED" in line or line.startswith("Error:")), "")
        raise CommandError(f"{complaint}{f': {reason.strip()}' if reason else ''} (see {readable(log)}).")


def readable(path: Path) -> str:
    """A path as the user would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
