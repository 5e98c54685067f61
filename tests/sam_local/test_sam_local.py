"""`sam local start-api` and `sam local invoke`: the functions in Lambda's containers, with the tables of a stack."""

import json
import secrets
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from infra.settings import ROOT
from tests.credentials import PASSWORD
from tests.sam_local.conftest import SamLocal


def signed_in(api: httpx.Client, role: str) -> dict[str, str]:
    """The header of a new account."""
    credentials = {"email": f"{secrets.token_hex(8)}@example.com", "password": PASSWORD}
    registered = api.post("/auth/register", json={**credentials, "role": role})
    assert registered.status_code == 201, registered.text
    session = api.post("/auth/login", json=credentials)
    assert session.status_code == 200, session.text
    return {"Authorization": f"Bearer {session.json()['access_token']}"}


def test_a_slot_is_booked_once(api: httpx.Client) -> None:
    specialist, ann, ben = signed_in(api, "specialist"), signed_in(api, "client"), signed_in(api, "client")
    start = (datetime.now(UTC) + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    times = {"start_at": start.isoformat(), "end_at": (start + timedelta(hours=1)).isoformat()}
    opened = api.post("/specialists/me/slots", json=times, headers=specialist)
    assert opened.status_code == 201, opened.text
    slot = opened.json()["id"]

    booked = api.post("/bookings", json={"slot_id": slot}, headers=ann)
    assert booked.status_code == 201, booked.text
    assert booked.json()["status"] == "confirmed"

    second = api.post("/bookings", json={"slot_id": slot}, headers=ben)
    assert second.status_code == 409
    assert second.json()["error"]["reason"] == "slot_already_booked"
    assert second.headers["x-request-id"] == second.json()["request_id"]


def test_a_route_is_invoked_with_its_event(sam: SamLocal) -> None:
    assert invoked(sam, "RegisterUser")["statusCode"] == 201


def test_a_sweep_is_invoked_with_its_events(sam: SamLocal) -> None:
    assert invoked(sam, "DispatchSweeps")["expire"]["shards"] == 0
    assert invoked(sam, "WorkOffShards") == {"batchItemFailures": []}


def test_the_stream_function_is_invoked_with_its_event(sam: SamLocal) -> None:
    assert invoked(sam, "PublishEvents") == {"batchItemFailures": []}


def invoked(sam: SamLocal, function: str) -> dict[str, Any]:
    """What the function returns: the last line that `sam local invoke` prints."""
    finished = subprocess.run(
        sam.command(function), cwd=ROOT, env=sam.environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    answer: dict[str, Any] = json.loads(finished.stdout.strip().splitlines()[-1])
    return answer
