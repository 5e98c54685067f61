import os
import secrets

import httpx

from tests.smoke.run import Run, error_of


class TestHealthAndDocs:
    """Health and docs"""

    def test_health(self, run: Run) -> None:
        """GET /health answers ok and its version."""
        health = run.ask(200, "GET /health").json()
        assert health["status"] == "ok"
        assert health["version"], "it does not say its version"

    def test_deep_health(self, run: Run) -> None:
        """GET /health?deep=1 reads the tables."""
        run.ask(200, "GET /health?deep=1")

    def test_openapi_document(self, run: Run) -> None:
        """GET /openapi.json lists the routes."""
        paths = run.ask(200, "GET /openapi.json").json()["paths"]
        assert {"/auth/login", "/bookings", "/specialists/me/slots"} <= paths.keys()

    def test_docs(self, run: Run) -> None:
        """GET /docs and /redoc are pages."""
        for page in ("/docs", "/redoc"):
            assert "text/html" in run.ask(200, f"GET {page}").headers["Content-Type"], f"{page} is not HTML"

    def test_metrics(self, run: Run) -> None:
        """GET /metrics is Prometheus text, or asks for its token."""
        token = os.environ.get("METRICS_TOKEN")
        answer = run.api.get("/metrics", headers={"Authorization": f"Bearer {token}"} if token else {})
        if answer.status_code == httpx.codes.UNAUTHORIZED and not token:
            error_of(answer)
            return
        assert answer.status_code == httpx.codes.OK
        assert "# TYPE http_requests_total counter" in answer.text, "http_requests_total is not there"


class TestAuth:
    """Auth"""

    def test_client(self, run: Run) -> None:
        """A client registers, logs in, and the answer has no password."""
        run.register("client", "client")

    def test_second_client(self, run: Run) -> None:
        """A second client registers."""
        run.register("second-client", "client")

    def test_taken_address(self, run: Run) -> None:
        """A taken address is a 409, in capitals too."""
        body = {"email": run.person("client").email.upper(), "password": secrets.token_urlsafe(12)}
        said = run.refused(409, "email_taken", "POST /auth/register", None, body)
        assert said["detail"] == "User with this email already exists"

    def test_wrong_password(self, run: Run) -> None:
        """A wrong password and an unknown address get the same 401."""
        said = [
            run.refused(401, "invalid_login", "POST /auth/login", None, {"email": email, "password": "not it at all"})
            for email in (run.person("client").email, run.email("nobody"))
        ]
        assert said[0]["error"] == said[1]["error"], "the answer tells whether the address has an account"

    def test_who_is_signed_in(self, run: Run) -> None:
        """GET /users/me says who is signed in."""
        client = run.person("client")
        user = run.ask(200, "GET /users/me", client).json()
        assert (user["email"], user["role"]) == (client.email, "client"), "it is somebody else"
        assert "password" not in str(user).lower(), "it carries a password"

    def test_refresh(self, run: Run) -> None:
        """A refresh token works once; a spent one ends its family."""
        client = run.person("client")
        spent = run.log_in(client.email, client.password)["refresh_token"]
        fresh = run.ask(200, "POST /auth/refresh", None, {"refresh_token": spent}).json()["refresh_token"]
        for token in (spent, fresh):
            run.ask(401, "POST /auth/refresh", None, {"refresh_token": token})

    def test_logout(self, run: Run) -> None:
        """After logout the refresh token is a 401."""
        client = run.person("client")
        token = {"refresh_token": run.log_in(client.email, client.password)["refresh_token"]}
        run.ask(204, "POST /auth/logout", None, token)
        run.ask(401, "POST /auth/refresh", None, token)
