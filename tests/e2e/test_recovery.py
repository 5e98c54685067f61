"""Ways back into an account over HTTP: the mail that comes, the link in it, the sessions that end."""

import re
import time
from functools import partial

import httpx

from tests.credentials import PASSWORD
from tests.e2e.mail_sink import MailSink
from tests.e2e.people import People, credentials, good, together
from tests.e2e.refusals import refused

NEW_PASSWORD = "a battery of staple horses"
RESET, VERIFICATION = "Choose a new password", "Confirm your address"
MAILED_SECONDS = 30.0
LINK = re.compile(r"^http://localhost:8000/([\w-]+)#token=(\S+)\s*$", re.MULTILINE)


def mailed(sink: MailSink, email: str, subject: str, number: int = 1) -> tuple[str, str]:
    """The page and the token of the link in somebody's mail, the first or a later one."""
    deadline = time.monotonic() + MAILED_SECONDS
    while len(mails := sink.to(email, subject)) < number:
        assert time.monotonic() < deadline, f"no mail: {subject}"
        time.sleep(0.2)
    part = mails[number - 1].get_body(("plain",))
    assert part is not None
    (found,) = LINK.findall(part.get_content())
    return found[0], found[1]


def forgot(people: People, email: str) -> None:
    answer = people.caller().post("/auth/password/forgot", json={"email": email})
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text


def reset(people: People, token: str, password: str = NEW_PASSWORD) -> httpx.Response:
    return people.caller().post("/auth/password/reset", json={"token": token, "password": password})


def test_a_forgotten_password_is_replaced_with_the_link_that_is_mailed(people: People, sink: MailSink) -> None:
    ann = people.new("client")
    forgot(people, ann.email.upper())
    page, token = mailed(sink, ann.email, RESET)
    assert page == "reset-password"

    assert reset(people, token).status_code == httpx.codes.NO_CONTENT

    refused(people.caller().post("/auth/refresh", json={"refresh_token": ann.refresh_token}), 401)
    refused(people.caller().post("/auth/login", json=credentials(ann.email)), 401)
    session = good(people.caller().post("/auth/login", json={"email": ann.email, "password": NEW_PASSWORD}))
    me = good(people.caller(authorization=f"Bearer {session['access_token']}").get("/users/me"))
    assert me["email_verified"] is False
    refused(reset(people, token), 422, "Token is not valid", reason="token_not_valid")


def test_a_new_link_voids_the_one_before_it(people: People, sink: MailSink) -> None:
    ann = people.new("client")
    forgot(people, ann.email)
    _, first = mailed(sink, ann.email, RESET)
    forgot(people, ann.email)
    _, second = mailed(sink, ann.email, RESET, 2)

    refused(reset(people, first), 422, reason="token_not_valid")
    assert reset(people, second).status_code == httpx.codes.NO_CONTENT


def test_of_ten_uses_of_a_link_at_once_one_counts(people: People, sink: MailSink) -> None:
    ann = people.new("client")
    forgot(people, ann.email)
    _, token = mailed(sink, ann.email, RESET)

    answers = together([partial(reset, people, token, f"{NEW_PASSWORD} {number}") for number in range(10)])

    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [204] + [422] * 9
    password = f"{NEW_PASSWORD} {statuses.index(204)}"
    good(people.caller().post("/auth/login", json={"email": ann.email, "password": password}))


def test_an_address_is_verified_with_the_link_of_the_registration(people: People, sink: MailSink) -> None:
    ann = people.new("client")
    page, first = mailed(sink, ann.email, VERIFICATION)
    assert page == "verify-email"
    assert good(ann.http.get("/users/me"))["email_verified"] is False
    assert ann.http.post("/auth/email/verification").status_code == httpx.codes.ACCEPTED
    _, second = mailed(sink, ann.email, VERIFICATION, 2)

    refused(people.caller().post("/auth/email/verify", json={"token": first}), 422, reason="token_not_valid")
    for status in (204, 422):
        assert people.caller().post("/auth/email/verify", json={"token": second}).status_code == status

    assert good(ann.http.get("/users/me"))["email_verified"] is True


def test_a_change_of_password_keeps_the_session_that_asks_and_ends_the_others(people: People) -> None:
    ann = people.new("client")
    other = good(people.caller().post("/auth/login", json=credentials(ann.email)))
    body = {"current_password": PASSWORD, "password": NEW_PASSWORD}

    refused(ann.http.put("/users/me/password", json={**body, "current_password": "wrong"}), 403)
    assert ann.http.put("/users/me/password", json=body).status_code == httpx.codes.NO_CONTENT

    good(people.caller().post("/auth/refresh", json={"refresh_token": ann.refresh_token}))
    refused(people.caller().post("/auth/refresh", json={"refresh_token": other["refresh_token"]}), 401)
