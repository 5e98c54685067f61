"""What `make` runs with: a Python 3.13, wherever the machine keeps one."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import ROOT

FIND_PYTHON = ROOT / "infra" / "find-python"


def find(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Looks on a machine with nothing on its PATH."""
    return subprocess.run(
        ["/bin/sh", FIND_PYTHON],
        env={"PATH": str(home), "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    if find(tmp_path).returncode == 0:
        pytest.skip("this machine has a Python 3.13 where every user finds it")
    return tmp_path


def put_python(folder: Path) -> None:
    """A Python 3.13, as `uv python install` puts it into its folder."""
    programs = folder / "cpython-3.13.11-linux-x86_64-gnu" / "bin"
    programs.mkdir(parents=True)
    program = programs / "python3.13"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    program.chmod(0o700)


def test_what_uv_has_installed_is_found(home: Path) -> None:
    put_python(home / ".local" / "share" / "uv" / "python")
    found = find(home)
    assert (found.returncode, found.stderr) == (0, "")
    assert Path(found.stdout.strip()).is_file()


@pytest.mark.parametrize(("variable", "folder"), [("UV_PYTHON_INSTALL_DIR", ""), ("XDG_DATA_HOME", "uv/python")])
def test_what_uv_has_installed_elsewhere_is_found(home: Path, variable: str, folder: str) -> None:
    put_python(home / "elsewhere" / folder)
    assert find(home, **{variable: str(home / "elsewhere")}).returncode == 0


def test_where_there_is_none_a_sentence_names_the_command_that_gets_it(home: Path) -> None:
    found = find(home)
    assert (found.returncode, found.stdout) == (1, "")
    assert "`uv python install 3.13`" in found.stderr
