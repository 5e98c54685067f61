"""Demo data for a new stack, added over HTTP as any client would; adding it again changes nothing."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from infra.cli import CommandError
from infra.operate.admin import make_admin
from infra.stack import DeployedStack

CLIENT = ("client@example.com", "demo-client-password")
SPECIALIST = ("specialist@example.com", "demo-specialist-password")
ADMIN = ("admin@example.com", "demo-admin-password")

SERVICES = (
    {"title": "First consultation", "description": "An hour to get to know each other.", "duration_minutes": 60},
    {"title": "Follow-up", "description": "Half an hour to see how it goes.", "duration_minutes": 30},
)
PRICES = ("60.00", "35.00")
MORNING, AFTERNOON = {"from": "09:00", "to": "13:00"}, {"from": "14:00", "to": "18:00"}
WEEK = {
    "hours": {**{day: [MORNING, AFTERNOON] for day in ("mon", "tue", "wed", "thu", "fri")}, "sat": [MORNING]},
    "step_minutes": 30,
}
DAYS_AHEAD = 14
COLD_START_SECONDS = 60.0


def add(url: str, stack: DeployedStack) -> str | None:
    """Makes the demo users, services and hours that are not there yet; the id of a slot to book, if one is free."""
    with httpx.Client(base_url=url, timeout=COLD_START_SECONDS, trust_env=False) as api:
        sign_in(api, *CLIENT, role="client")
        specialist = sign_in(api, *SPECIALIST, role="specialist")
        make_admin(stack, *ADMIN)
        specialist_id = ask(api, "GET", "/specialists/me", specialist)["id"]
        offer_services(api, specialist, specialist_id)
        describe_week(api, specialist)
        return free_slot(api, specialist_id)


def sign_in(api: httpx.Client, email: str, password: str, role: str) -> str:
    """An access token of that user, who is registered first when need be."""
    credentials = {"email": email, "password": password}
    answer = log_in(api, credentials)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        name = {"display_name": "Demo specialist"} if role == "specialist" else {}
        ask(api, "POST", "/auth/register", body={**credentials, "role": role, **name})
        answer = log_in(api, credentials)
    return str(checked(answer)["access_token"])


def log_in(api: httpx.Client, credentials: dict[str, str]) -> httpx.Response:
    """The answer to a login; where others have used up this address's attempts, the first one after the wait."""
    while (answer := api.post("/auth/login", json=credentials)).status_code == httpx.codes.TOO_MANY_REQUESTS:
        time.sleep(int(answer.headers["Retry-After"]))
    return answer


def offer_services(api: httpx.Client, token: str, specialist_id: str) -> None:
    """The demo services that the specialist does not offer yet."""
    offered = {service["title"] for service in ask(api, "GET", f"/specialists/{specialist_id}/services", token)}
    for service, price in zip(SERVICES, PRICES, strict=True):
        if service["title"] not in offered:
            ask(api, "POST", "/specialists/me/services", token, {**service, "price": price})


def describe_week(api: httpx.Client, token: str) -> None:
    """The demo week, unless the specialist has described one."""
    if ask(api, "GET", "/specialists/me/schedule", token)["version"] == 0:
        ask(api, "PUT", "/specialists/me/schedule", token, WEEK)


def free_slot(api: httpx.Client, specialist_id: str) -> str | None:
    """A slot of the next days, from tomorrow on, that nobody has booked."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    days = f"date_from={tomorrow}&date_to={tomorrow + timedelta(days=DAYS_AHEAD)}"
    free = ask(api, "GET", f"/specialists/{specialist_id}/slots?{days}&is_booked=false&limit=1")
    return str(free[0]["id"]) if free else None


def ask(
    api: httpx.Client, method: str, path: str, token: str | None = None, body: Mapping[str, object] | None = None
) -> Any:
    """One request, which must succeed."""
    return checked(api.request(method, path, json=body, headers=bearer(token) if token else {}))


def checked(answer: httpx.Response) -> Any:
    """The answer's body; raises CommandError when it is an error."""
    if answer.is_error:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise CommandError(f"Adding demo data failed: {asked} answered {answer.status_code} {answer.text[:200]}")
    return answer.json()


def bearer(token: str) -> dict[str, str]:
    """The header that says who asks."""
    return {"Authorization": f"Bearer {token}"}
