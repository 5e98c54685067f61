import secrets

import httpx
import pytest

from tests.smoke.run import Run, error_of, retry_after, times

MOST_WRONG_LOGINS = 120
UNSPOKEN = "a-value-that-no-error-repeats"
SCHEMES = ("WWW-Authenticate", "x-amzn-Remapped-WWW-Authenticate")
"""A REST API on AWS hands the header on under the second name."""


class TestAccess:
    """Access rules"""

    def test_token(self, run: Run) -> None:
        """No token and a false token are 401 with WWW-Authenticate."""
        for headers in ({}, {"Authorization": "Bearer not-a-token"}):
            answer = run.ask(401, "GET /users/me", headers=headers)
            assert error_of(answer)["detail"] == "Could not validate credentials"
            assert "Bearer" in {answer.headers.get(name) for name in SCHEMES}, "WWW-Authenticate is not Bearer"

    def test_roles(self, run: Run) -> None:
        """Clients open no slots, specialists book none, neither lists users."""
        client, specialist, forbidden = run.person("client"), run.person("specialist"), "not_enough_permissions"
        run.refused(403, forbidden, "POST /specialists/me/slots", client, times(run.starts(len(run.slots))))
        run.refused(403, forbidden, "POST /bookings", specialist, {"slot_id": run.slot(2)})
        for person in (client, specialist):
            run.refused(403, forbidden, "GET /users", person)

    def test_stranger(self, run: Run) -> None:
        """A stranger can neither read nor cancel a booking."""
        stranger, booking_id = run.person("second-client"), run.thing("booking")
        run.ask(403, f"GET /bookings/{booking_id}", stranger)
        run.ask(403, f"PATCH /bookings/{booking_id}/cancel", stranger)

    def test_admin(self, run: Run) -> None:
        """Nobody registers as admin."""
        body = {"email": run.email("admin"), "password": secrets.token_urlsafe(12), "role": "admin"}
        run.ask(422, "POST /auth/register", None, body)


class TestErrors:
    """Error shape"""

    def test_unknown_route(self, run: Run) -> None:
        """An unknown route is a 404 in the shape of all errors."""
        error_of(run.ask(404, "GET /there/is/no/such/route"))

    def test_unknown_slot(self, run: Run) -> None:
        """An unknown slot is a 404 with its reason."""
        body = {"slot_id": "slt_there-is-no-such-slot"}
        run.refused(404, "slot_not_found", "POST /bookings", run.person("client"), body)

    def test_invalid_body(self, run: Run) -> None:
        """An invalid body is a 422 that lists what is wrong and repeats nothing."""
        said = run.refused(
            *(422, "validation_error", "POST /bookings", run.person("client")), {"slot_id": "x", "slotid": UNSPOKEN}
        )
        assert said["detail"], "it does not list what is wrong"
        assert all(entry.keys() == {"loc", "msg", "type"} for entry in said["detail"])
        assert UNSPOKEN not in str(said), "it repeats the input"

    def test_request_id(self, run: Run) -> None:
        """The caller's X-Request-ID comes back, in the error too."""
        mine = f"smoke-{run.name}"
        answer = run.ask(401, "GET /users/me", headers={"X-Request-ID": mine})
        assert answer.headers["X-Request-ID"] == mine
        assert error_of(answer)["request_id"] == mine


class TestRateLimit:
    """Rate limit"""

    def test_logins(self, run: Run) -> None:
        """Wrong logins end in a 429 with Retry-After."""
        # At an account of this run's own; for at most one window they also count for this address.
        body = {"email": run.email("locked-out"), "password": "not the password"}
        for _ in range(MOST_WRONG_LOGINS):
            answer = run.api.post("/auth/login", json=body)
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                assert error_of(answer)["detail"] == "Too many requests. Please try again later."
                retry_after(answer)
                return
            assert answer.status_code == httpx.codes.UNAUTHORIZED
        pytest.fail(f"{MOST_WRONG_LOGINS} wrong logins in a row were let through")


class TestTidyingUp:
    """Tidying up"""

    def test_take_back(self, run: Run) -> None:
        """Bookings are cancelled, slots deleted, hours emptied, sessions ended."""
        emptied: dict[str, object] = {"hours": {}}
        week = [("specialist", 200, "PUT /specialists/me/schedule", emptied)] if run.hours else []
        tasks = [
            *((who, 200, f"PATCH /bookings/{booking_id}/cancel", None) for who, booking_id in run.bookings),
            *(("specialist", 204, f"DELETE /specialists/me/slots/{slot_id}", None) for slot_id in run.slots),
            *week,
            *((who, 204, "POST /auth/logout", {"refresh_token": run.people[who].refresh_token}) for who in run.people),
        ]
        failures = []
        for who, expected, route, body in tasks:  # all that can be taken back, also when some of it cannot
            try:
                run.ask(expected, route, run.people[who], body)
            except AssertionError as failure:
                failures.append(str(failure))
        assert not failures, "; ".join(failures)
