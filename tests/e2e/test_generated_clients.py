"""Clients that generators make of the OpenAPI document: they compile, and they register, list, book and are refused."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from infra.openapi import DOCUMENT
from tests.credentials import PASSWORD
from tests.e2e.deployed import DeployedStack
from tests.e2e.people import Person, http_client, unused_email

TYPESCRIPT = Path(__file__).parent / "typescript_client"
OLDEST_NODE = (20, 19)


def run(*command: str, folder: Path) -> str:
    """What a command prints when it ends well; its programs are those beside this Python."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": programs}, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def node_version() -> tuple[int, ...]:
    """Of the node that comes with npm; none is (0,)."""
    if not (shutil.which("node") and shutil.which("npm")):
        return (0,)
    printed = subprocess.run(["node", "--version"], text=True, capture_output=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", printed)))


class TestPython:
    OPERATIONS: ClassVar = {
        "register_user": "api.auth.register_user",
        "log_in": "api.auth.log_in",
        "list_slots": "api.specialists.list_slots",
        "create_booking": "api.bookings.create_booking",
    }

    @pytest.fixture
    def generated(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
        """The client's modules, made in a folder of their own."""
        name = "generated_booking_client"
        run(
            *("openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"),
            *("--path", str(DOCUMENT), "--output-path", str(tmp_path / name)),
            folder=tmp_path,
        )
        monkeypatch.syspath_prepend(tmp_path)
        paths = {"client": "client", "models": "models", **self.OPERATIONS}
        return {module: importlib.import_module(f"{name}.{path}") for module, path in paths.items()}

    def test_registers_lists_books_and_is_refused(
        self, generated: Mapping[str, Any], stack: DeployedStack, specialist: Person
    ) -> None:
        slot_id = specialist.open_slot()
        models, email = generated["models"], unused_email()
        register, sign_in, listed, book = (generated[name].sync for name in self.OPERATIONS)
        wanted = models.NewBooking(slot_id=slot_id)

        with generated["client"].Client(stack.url).set_httpx_client(http_client(stack.url, None, {})) as anybody:
            user = register(client=anybody, body=models.NewAccount(email=email, password=PASSWORD))
            session = sign_in(client=anybody, body=models.Credentials(email=email, password=PASSWORD))
            slots = listed(specialist.specialist_id, client=anybody)
        of_user = {"token": session.access_token, "httpx_args": {"trust_env": False}}
        with generated["client"].AuthenticatedClient(stack.url, **of_user) as signed_in:
            booking = book(client=signed_in, body=wanted)
            refused = book(client=signed_in, body=wanted)

        assert (user.email, user.role) == (email, models.Role.CLIENT)
        slot = next(slot for slot in slots if slot.id == slot_id)
        assert not slot.is_booked
        assert slot.start_at.utcoffset() is not None
        assert (booking.slot_id, booking.client_id, booking.status) == (slot_id, user.id, models.Status.CONFIRMED)
        assert booking.slot_start_at == slot.start_at
        assert isinstance(refused, models.CreateBookingConflict)
        assert refused.error.reason is models.CreateBookingConflictErrorReason.SLOT_ALREADY_BOOKED
        assert specialist.http.get(f"/bookings/{booking.id}").json()["status"] == "confirmed"


@pytest.mark.skipif(
    node_version() < OLDEST_NODE,
    reason=f"no node {'.'.join(map(str, OLDEST_NODE))} or newer with npm is here to generate a TypeScript client with",
)
class TestTypeScript:
    @pytest.fixture
    def built(self, tmp_path: Path) -> Path:
        """The program, with the client that it imports, checked by the compiler."""
        folder = tmp_path / TYPESCRIPT.name
        shutil.copytree(TYPESCRIPT, folder, ignore=shutil.ignore_patterns("node_modules"))
        run("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline", folder=folder)
        run(
            *("npx", "--no-install", "openapi-ts", "--no-log-file", "--client", "@hey-api/client-fetch"),
            *("--input", str(DOCUMENT), "--output", "generated"),
            folder=folder,
        )
        run("npx", "--no-install", "tsc", folder=folder)
        return folder / "built" / "book.js"

    def test_registers_lists_books_and_is_refused(self, built: Path, stack: DeployedStack, specialist: Person) -> None:
        slot_id, email = specialist.open_slot(), unused_email()

        printed = run(
            "node", str(built), stack.url, specialist.specialist_id, email, PASSWORD, folder=built.parent.parent
        )

        seen = json.loads(printed)
        assert seen["user"]["email"] == email
        assert seen["slot"]["id"] == seen["booking"]["slot_id"] == slot_id
        assert (seen["booking"]["client_id"], seen["booking"]["status"]) == (seen["user"]["id"], "confirmed")
        assert (seen["reason"], seen["meaning"]) == ("slot_already_booked", "somebody was faster")
        assert specialist.http.get(f"/bookings/{seen['booking']['id']}").json()["status"] == "confirmed"
