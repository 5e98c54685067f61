"""Demo data for a new stack, added over HTTP as any client would; adding it again changes nothing."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from infra.cli import CommandError
from infra.operate.admin import make_admin
from infra.stack import DeployedStack

CLIENT = ("client@example.com", "demo-client-password")
SPECIALIST = ("specialist@example.com", "demo-specialist-password")
ADMIN = ("admin@example.com", "demo-admin-password")

MAIL_SENDER = "noreply@example.com"
ZONE = "Europe/Berlin"
ABOUT = "Consultations by appointment, on the second floor. Ring twice."

SERVICES: tuple[dict[str, object], ...] = (
    {
        "title": "First consultation",
        "description": "An hour to get to know each other, and a quarter to write it down.",
        "duration_minutes": 60,
        "price": "60.00",
        "buffer_after_minutes": 15,
    },
    {
        "title": "Follow-up",
        "description": "Half an hour to see how it goes.",
        "duration_minutes": 30,
        "price": "35.00",
    },
)
OPEN = [{"from": "09:00", "to": "13:00"}, {"from": "14:00", "to": "17:00"}]
WEEK = {"hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), OPEN), "change_notice_minutes": 60}
LATE_SLOT = (2, 18)
"""How many days ahead, and at which hour, a slot is opened by hand outside of the hours."""
DAY_OFF = 14
DAYS_SHOWN = 14
BOOKED = (("First consultation", 0), ("Follow-up", 3))
"""The client's bookings: of which service, and how many of its free slots are left free before."""
COLD_START_SECONDS = 60.0


def add(url: str, stack: DeployedStack) -> str | None:
    """Makes the demo users, services, hours and bookings, if they are not there; the id of a slot to book, if any."""
    with httpx.Client(base_url=url, timeout=COLD_START_SECONDS, trust_env=False) as api:
        client = sign_in(api, *CLIENT, role="client")
        specialist = sign_in(api, *SPECIALIST, role="specialist")
        make_admin(stack, *ADMIN)
        specialist_id = ask(api, "GET", "/specialists/me", specialist)["id"]
        services = offer_services(api, specialist, specialist_id)
        if ask(api, "GET", "/specialists/me/schedule", specialist)["version"] == 0:
            ask(api, "PATCH", "/specialists/me", specialist, {"time_zone": ZONE, "description": ABOUT})
            open_calendar(api, specialist)
            book_some(api, client, specialist_id, services)
        free = free_slots(api, specialist_id)
        return free[0] if free else None


def sign_in(api: httpx.Client, email: str, password: str, role: str) -> str:
    """An access token of that user, who is registered first when need be.

    Where others have used up this address's attempts, it waits for the next one.
    """
    credentials = {"email": email, "password": password}
    name = {"display_name": "Demo specialist"} if role == "specialist" else {}
    while (answer := api.post("/auth/login", json=credentials)).is_error:
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            time.sleep(int(answer.headers["Retry-After"]))
        elif answer.status_code == httpx.codes.UNAUTHORIZED:
            ask(api, "POST", "/auth/register", body={**credentials, "role": role, **name})
        else:
            break
    return str(checked(answer)["access_token"])


def offer_services(api: httpx.Client, token: str, specialist_id: str) -> dict[str, str]:
    """The ids of the demo services by title; those that the specialist does not offer yet are made."""
    offered = {service["title"]: service["id"] for service in ask(api, "GET", f"/specialists/{specialist_id}/services")}
    missing = [service for service in SERVICES if service["title"] not in offered]
    made = [ask(api, "POST", "/specialists/me/services", token, service) for service in missing]
    return offered | {service["title"]: service["id"] for service in made}


def open_calendar(api: httpx.Client, token: str) -> None:
    """The specialist's week, a day off, and a slot outside of the hours."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ask(api, "PUT", "/specialists/me/schedule", token, WEEK)
    ask(api, "PUT", f"/specialists/me/schedule/dates/{midnight + timedelta(days=DAY_OFF):%F}", token, {"hours": []})
    days, hour = LATE_SLOT
    start = midnight + timedelta(days=days, hours=hour)
    slot = {"start_at": f"{start:%FT%TZ}", "end_at": f"{start + timedelta(hours=1):%FT%TZ}"}
    answer = api.post("/specialists/me/slots", json=slot, headers=bearer(token))
    if answer.status_code != httpx.codes.CONFLICT:  # slots of an earlier release may be there
        checked(answer)


def book_some(api: httpx.Client, token: str, specialist_id: str, services: dict[str, str]) -> None:
    """The demo client's bookings."""
    for title, left_free in BOOKED:
        service = services[title]
        slot = free_slots(api, specialist_id, service)[left_free]
        ask(api, "POST", "/bookings", token, {"slot_id": slot, "service_id": service})


def free_slots(api: httpx.Client, specialist_id: str, service_id: str | None = None) -> list[str]:
    """The slots of the next days, from tomorrow on, that nobody has booked."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    asked = {"is_booked": "false", "date_from": f"{tomorrow}", "date_to": f"{tomorrow + timedelta(days=DAYS_SHOWN)}"}
    if service_id:
        asked["service_id"] = service_id
    answer = api.get(f"/specialists/{specialist_id}/slots", params=asked)
    return [str(slot["id"]) for slot in checked(answer)]


def ask(
    api: httpx.Client, method: str, path: str, token: str | None = None, body: dict[str, object] | None = None
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
