"""How the embedded stack finds its ports, with a small server in the emulator's place, and what it deploys."""

import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from infra.local import stack as embedded
from infra.local.deployment import with_defaults
from infra.local.stack import Stack, free_port

EMULATOR_IN_SHORT = """
import http.server, os
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Answers).serve_forever()
"""


UNPACK = """
import runpy, sys
emulator, archive, *folders = sys.argv[1:]
unpacked_once = runpy.run_path(emulator)["UnpackedOnce"]
for folder in folders:
    with unpacked_once(archive) as opened:
        opened.extractall(folder)
"""


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(embedded, "EMULATOR", (sys.executable, "-c", EMULATOR_IN_SHORT))
    stack = Stack(state=tmp_path, emulator_port=free_port())
    yield stack
    stack.down()


def port_of(stack: Stack) -> int | None:
    assert httpx.get(f"{stack.endpoint}/_ministack/health", trust_env=False).is_success
    return urlsplit(stack.endpoint).port


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the process outlives what started it, as it should
def test_the_emulator_listens_where_it_is_asked_to(stack: Stack) -> None:
    stack._start_emulator()
    assert port_of(stack) == stack.emulator_port


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_where_another_program_has_its_port_the_emulator_takes_a_free_one_and_keeps_it(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", stack.emulator_port)):
        stack._start_emulator()
        port = port_of(stack)
        assert port != stack.emulator_port
        stack._start_emulator()
        assert port_of(stack) == port


def test_an_archive_of_code_is_unpacked_once_for_all_processes_of_functions(tmp_path: Path) -> None:
    archive, folders = tmp_path / "code.zip", [tmp_path / "one", tmp_path / "other"]
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("package/module.py", "CONTENT")
    for folder in folders:
        folder.mkdir()

    python, *options, emulator = embedded.EMULATOR
    subprocess.run([python, *options, "-c", UNPACK, emulator, archive, *folders], cwd=tmp_path, check=True)

    one, other = (folder / "package" / "module.py" for folder in folders)
    assert one.read_text() == "CONTENT"
    assert one.samefile(other)


def test_the_emulator_is_told_how_many_workers_as_a_number(tmp_path: Path) -> None:
    """On AWS, CloudFormation makes a number of what refers to one; the emulator leaves text, and cannot compare it."""
    event = {"Type": "SQS", "Properties": {"ScalingConfig": {"MaximumConcurrency": {"Ref": "SweepConcurrency"}}}}
    template = {
        "Parameters": {"SweepConcurrency": {"Type": "Number", "Default": 4}},
        "Resources": {"Worker": {"Properties": {"Events": {"Shards": event}}}, "Queue": {}},
    }
    built = tmp_path / "template.yaml"
    built.write_text(yaml.safe_dump(template))

    with with_defaults(built, {"SweepConcurrency": "6"}) as copy:
        deployed = yaml.safe_load(copy.read_text())

    (shards,) = deployed["Resources"]["Worker"]["Properties"]["Events"].values()
    assert shards["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 6}
    assert deployed["Parameters"]["SweepConcurrency"]["Default"] == 6
