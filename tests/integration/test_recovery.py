"""Ways back into an account: mailed links, new passwords, and what shows whose an address is."""

import json
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from booking.accounts import new_password
from booking.accounts.access_tokens import caller_of
from booking.accounts.change_access import change_access
from booking.accounts.errors import (
    CurrentPasswordWrong,
    RefreshTokenRejected,
    SpecialistRegistrationClosed,
    TokenNotValid,
    WrongEmailOrPassword,
)
from booking.accounts.log_in import log_in
from booking.accounts.mailed_links import (
    AccountMail,
    Purpose,
    ask_for_mail,
    forgot_password,
    issue_token,
    send_verification,
)
from booking.accounts.new_password import change_password, reset_password
from booking.accounts.read import find_user
from booking.accounts.register import Registration, register_user
from booking.accounts.sessions import Session, refresh_session
from booking.accounts.update_own_user import update_own_user
from booking.accounts.user import User
from booking.administration.make_admin import make_admin
from booking.administration.verify_email import verify_email
from booking.caller import Caller, Locale, Role
from booking.errors import StoreUnavailable, TooManyRequests, Unauthenticated
from booking.notifications import mail_work
from booking.notifications.delivery import Withheld
from booking.notifications.messages import Audience
from booking.notifications.recipients import Recipient, count_mail
from booking.runtime.clock import current_instant
from booking.runtime.ids import new_id
from booking.runtime.settings import settings
from tests.credentials import PASSWORD
from tests.integration.accounts import EMAIL, account_item, log_in_at
from tests.integration.api import SOURCE, Api, error_of
from tests.integration.outside import Outside, error, text_of
from tests.integration.people import DAY, HOUR, MINUTE, NOW, SECOND
from tests.integration.sending import send_queued
from tests.integration.store_calls import counted_calls, just_before, refusing
from tests.integration.tables import change_stored, delete_stored, refused, stored

NEW_PASSWORD = "a battery of staple horses"
NOBODY = f"usr_{'A' * 22}"
BOTH = pytest.mark.parametrize("purpose", Purpose)


pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def account() -> User:
    return register_user(Registration(EMAIL, PASSWORD), source_address="198.51.100.9", now=NOW)


def reset(token: str, password: str = NEW_PASSWORD, now: datetime = NOW, source: str = SOURCE) -> None:
    reset_password(token, password, source_address=source, now=now)


def verify(token: str, now: datetime = NOW, source: str = SOURCE) -> None:
    verify_email(token, source_address=source, now=now)


def use(purpose: Purpose, token: str, now: datetime = NOW, source: str = SOURCE) -> None:
    if purpose is Purpose.VERIFICATION:
        verify(token, now, source)
    else:
        reset(token, now=now, source=source)


def stored_tokens() -> list[dict[str, Any]]:
    return [item for item in stored("ephemeral") if item["pk"].startswith("token#")]


def is_over(session: Session) -> bool:
    with pytest.raises(RefreshTokenRejected):
        refresh_session(session.refresh_token, NOW)
    return True


def asked_for(outside: Outside) -> list[tuple[Purpose, str]]:
    mails = [AccountMail.parse(text) for text in outside.requests]
    return [(mail.purpose, mail.address) for mail in mails if mail]


class TestMailedTokens:
    @BOTH
    def test_a_token_is_good_for_one_use(self, account: User, purpose: Purpose) -> None:
        token = issue_token(purpose, account, NOW)

        use(purpose, token)

        assert stored_tokens() == []
        before = account_item()
        with pytest.raises(TokenNotValid):
            use(purpose, token)
        assert account_item() == before

    @BOTH
    def test_only_its_hash_is_stored(self, account: User, purpose: Purpose) -> None:
        token = issue_token(purpose, account, NOW)

        [item] = stored_tokens()
        assert token.partition(".")[2] not in str(item)
        assert item["user_id"] == account.id

    @pytest.mark.parametrize(("purpose", "lifetime"), [(Purpose.PASSWORD_RESET, HOUR), (Purpose.VERIFICATION, DAY)])
    def test_it_ends_with_its_time_also_when_its_item_is_still_there(
        self, account: User, purpose: Purpose, lifetime: timedelta
    ) -> None:
        token = issue_token(purpose, account, NOW)

        with pytest.raises(TokenNotValid):
            use(purpose, token, NOW + lifetime)
        use(purpose, token, NOW + lifetime - SECOND)

        with pytest.raises(TokenNotValid):
            use(purpose, token, NOW + lifetime - SECOND)

    @BOTH
    def test_a_new_one_voids_the_one_before_it(self, account: User, purpose: Purpose) -> None:
        first, second = (issue_token(purpose, account, NOW) for _ in range(2))

        with pytest.raises(TokenNotValid):
            use(purpose, first)
        use(purpose, second)

    @BOTH
    def test_it_opens_nothing_but_what_it_is_for(self, account: User, purpose: Purpose) -> None:
        (other,) = set(Purpose) - {purpose}
        token = issue_token(purpose, account, NOW)
        before = account_item()

        with pytest.raises(TokenNotValid):
            use(other, token)

        assert account_item() == before
        use(purpose, token)

    @BOTH
    def test_it_opens_no_other_account(self, account: User, purpose: Purpose) -> None:
        other = register_user(Registration("bob@example.com", PASSWORD), source_address="198.51.100.9", now=NOW)
        secret = issue_token(purpose, account, NOW).partition(".")[2]
        issue_token(purpose, other, NOW)

        with pytest.raises(TokenNotValid):
            use(purpose, f"{other.id}.{secret}")

    @BOTH
    def test_one_that_is_mailed_in_between_voids_it(self, account: User, purpose: Purpose) -> None:
        token = issue_token(purpose, account, NOW)
        before = account_item()

        with (
            just_before("TransactWriteItems", lambda: issue_token(purpose, account, NOW)),
            pytest.raises(TokenNotValid),
        ):
            use(purpose, token)

        assert account_item() == before
        assert len(stored_tokens()) == 1

    @BOTH
    def test_of_two_uses_at_once_one_counts(self, account: User, purpose: Purpose) -> None:
        token = issue_token(purpose, account, NOW)
        generation = account_item()["session_generation"]

        with just_before("TransactWriteItems", lambda: use(purpose, token)), pytest.raises(TokenNotValid):
            use(purpose, token)

        assert account_item()["session_generation"] - generation == (purpose is Purpose.PASSWORD_RESET)

    @BOTH
    def test_a_use_whose_answer_was_lost_has_succeeded(self, account: User, purpose: Purpose) -> None:
        """DynamoDB answers a repeated transaction by its token, which moto does not: so the token is looked at."""
        token = issue_token(purpose, account, NOW)

        with counted_calls() as calls:
            use(purpose, token)

        [sent] = calls.parameters("TransactWriteItems")
        assert sent["ClientRequestToken"]

    @BOTH
    def test_a_deactivated_account_is_not_recovered(self, account: User, purpose: Purpose) -> None:
        token = issue_token(purpose, account, NOW)
        change_stored("users", {"user_id": account.id}, is_active=False)
        before = account_item()

        with pytest.raises(TokenNotValid):
            use(purpose, token)

        assert account_item() == before

    @BOTH
    def test_an_account_that_is_gone_is_not_made_again(self, account: User, purpose: Purpose) -> None:
        token = issue_token(purpose, account, NOW)
        delete_stored("users", {"user_id": account.id})

        with pytest.raises(TokenNotValid):
            use(purpose, token)

        assert account.id not in [item["user_id"] for item in stored("users")]

    @BOTH
    @pytest.mark.parametrize("text", ["", ".", "a.b", "usr_.x", f"{NOBODY}.x", NOBODY, "\x00.\x00", "é.é"])
    def test_what_is_no_token_is_refused(self, purpose: Purpose, text: str) -> None:
        with pytest.raises(TokenNotValid):
            use(purpose, text)

        assert stored("users") == []

    @BOTH
    def test_what_is_no_token_costs_no_hashing(
        self, account: User, purpose: Purpose, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(new_password, "hash_password", lambda _: pytest.fail("nobody has shown a token"))

        with pytest.raises(TokenNotValid):
            use(purpose, f"{account.id}.x")

    @BOTH
    def test_attempts_are_limited_by_source(self, account: User, purpose: Purpose) -> None:
        for number in range(5):
            with pytest.raises(TokenNotValid):
                use(purpose, "a.b", NOW + number * SECOND)

        with pytest.raises(TooManyRequests):
            use(purpose, issue_token(purpose, account, NOW), NOW + 5 * SECOND)
        use(purpose, issue_token(purpose, account, NOW), NOW + 5 * SECOND, "192.0.2.2")


class TestForgottenPasswords:
    def test_a_link_is_asked_for_by_address(self, outside: Outside, account: User) -> None:
        outside.requests.clear()

        forgot_password(EMAIL, source_address=SOURCE, now=NOW)

        assert asked_for(outside) == [(Purpose.PASSWORD_RESET, EMAIL)]

    def test_an_unknown_address_costs_the_same_calls_and_no_account_is_read(
        self, outside: Outside, account: User
    ) -> None:
        seen = []
        for email in (EMAIL, "nobody@example.com"):
            outside.requests.clear()
            with counted_calls() as calls:
                forgot_password(email, source_address=SOURCE, now=NOW)
            seen.append((calls.operations, len(outside.requests)))
            assert all(sent["TableName"] == settings().ephemeral_table for _, sent in calls.sent)

        assert seen[0] == seen[1] == (["UpdateItem", "UpdateItem"], 1)

    def test_attempts_are_limited_by_source_and_by_address(self, outside: Outside) -> None:
        for number in range(5):
            forgot_password(f"{number}@example.com", source_address=SOURCE, now=NOW + number * SECOND)
            forgot_password(EMAIL, source_address=f"198.51.100.{number}", now=NOW + number * SECOND)

        with pytest.raises(TooManyRequests):
            forgot_password("6@example.com", source_address=SOURCE, now=NOW + 5 * SECOND)
        with pytest.raises(TooManyRequests):
            forgot_password(EMAIL, source_address="198.51.100.99", now=NOW + 5 * SECOND)
        forgot_password(EMAIL, source_address="198.51.100.99", now=NOW + MINUTE + SECOND)

    def test_a_queue_that_does_not_take_it_is_a_503_for_all(self, outside: Outside, account: User) -> None:
        outside.before_request = lambda: error("ThrottlingException")

        for email in (EMAIL, "nobody@example.com"):
            with pytest.raises(StoreUnavailable):
                forgot_password(email, source_address=SOURCE, now=NOW)

    def test_nobody_is_asked_for_where_no_mail_is_sent(self) -> None:
        with counted_calls("sqs") as queued:
            forgot_password(EMAIL, source_address=SOURCE, now=NOW)

        assert queued.operations == []


class TestResetting:
    def test_the_password_is_new_and_the_address_is_still_to_be_verified(self, account: User) -> None:
        reset(issue_token(Purpose.PASSWORD_RESET, account, NOW))

        assert log_in_at(password=NEW_PASSWORD).refresh_token
        with pytest.raises(WrongEmailOrPassword):
            log_in_at()
        assert not account_item()["email_verified"]
        assert NEW_PASSWORD not in str(account_item())

    def test_every_session_ends(self, account: User) -> None:
        sessions = [log_in_at() for _ in range(2)]

        reset(issue_token(Purpose.PASSWORD_RESET, account, NOW))

        assert all(is_over(session) for session in sessions)

    @pytest.mark.parametrize("otherwise", ["password", "role", "operator"])
    def test_a_link_is_void_once_the_sessions_have_ended_otherwise(self, account: User, otherwise: str) -> None:
        token = issue_token(Purpose.PASSWORD_RESET, account, NOW)
        if otherwise == "password":
            change_password(account.as_caller(), PASSWORD, NEW_PASSWORD, NOW)
        elif otherwise == "role":
            boss = make_admin("boss@example.com", PASSWORD, NOW).as_caller()
            change_access(boss, account.id, is_active=None, role=Role.SPECIALIST, now=NOW)
        else:
            make_admin(EMAIL, "the operator's password", NOW)
        before = account_item()

        with pytest.raises(TokenNotValid):
            reset(token)

        assert account_item() == before

    def test_an_account_from_before_generations_is_recovered(self, account: User) -> None:
        change_stored("users", {"user_id": account.id}, session_generation=None, email_verified=None)

        reset(issue_token(Purpose.PASSWORD_RESET, find_user(account.id), NOW))

        assert log_in_at(password=NEW_PASSWORD).refresh_token
        assert account_item()["session_generation"] == 1


class TestChanging:
    def test_the_password_is_new(self, account: User) -> None:
        change_password(account.as_caller(), PASSWORD, NEW_PASSWORD, NOW)

        assert log_in_at(password=NEW_PASSWORD).refresh_token
        with pytest.raises(WrongEmailOrPassword):
            log_in_at()

    def test_the_session_that_asks_stays_and_the_others_end(self, account: User) -> None:
        own, other = (log_in_at(current_instant()) for _ in range(2))
        caller = caller_of(own.access_token)

        change_password(caller, PASSWORD, NEW_PASSWORD, current_instant())

        assert is_over(other)
        following = refresh_session(own.refresh_token, current_instant())
        change_password(caller_of(following.access_token), NEW_PASSWORD, PASSWORD, current_instant())
        assert refresh_session(following.refresh_token, current_instant()).refresh_token

    def test_a_session_that_is_over_stays_so(self, account: User) -> None:
        stolen, own = (log_in_at(current_instant()) for _ in range(2))
        change_password(caller_of(own.access_token), PASSWORD, NEW_PASSWORD, current_instant())

        change_password(caller_of(stolen.access_token), NEW_PASSWORD, PASSWORD, current_instant())

        assert is_over(stolen)
        assert is_over(own)

    def test_a_session_that_was_signed_out_is_not_made_again(self, account: User) -> None:
        own = log_in_at(current_instant())
        family_id = own.refresh_token.partition(".")[0]
        delete_stored("ephemeral", {"pk": f"refresh#{family_id}"})

        change_password(caller_of(own.access_token), PASSWORD, NEW_PASSWORD, current_instant())

        assert f"refresh#{family_id}" not in [item["pk"] for item in stored("ephemeral")]

    def test_no_session_of_another_account_is_kept(self, account: User) -> None:
        register_user(Registration("bob@example.com", PASSWORD), source_address="198.51.100.9", now=NOW)
        bobs = log_in("bob@example.com", PASSWORD, source_address=SOURCE, now=NOW)
        family_id = bobs.refresh_token.partition(".")[0]
        caller = Caller(account.id, Role.CLIENT, EMAIL, session_id=family_id)

        change_password(caller, PASSWORD, NEW_PASSWORD, NOW)

        [family] = [item for item in stored("ephemeral") if item["pk"] == f"refresh#{family_id}"]
        assert family["generation"] == 0

    def test_a_refresh_that_meets_the_change_keeps_the_session(self, account: User) -> None:
        own = log_in_at(current_instant())

        def change() -> None:
            change_password(caller_of(own.access_token), PASSWORD, NEW_PASSWORD, current_instant())

        with just_before("GetItem", change, call=2):
            following = refresh_session(own.refresh_token, current_instant())

        assert refresh_session(following.refresh_token, current_instant()).refresh_token

    def test_a_wrong_password_changes_nothing(self, account: User) -> None:
        before = account_item()

        with pytest.raises(CurrentPasswordWrong):
            change_password(account.as_caller(), "wrong password", NEW_PASSWORD, NOW)

        assert account_item() == before

    def test_a_password_that_is_changed_in_between_is_not_overwritten(self, account: User) -> None:
        token = issue_token(Purpose.PASSWORD_RESET, account, NOW)

        with (
            just_before("TransactWriteItems", lambda: reset(token, "the owner's new password")),
            pytest.raises(CurrentPasswordWrong),
        ):
            change_password(account.as_caller(), PASSWORD, NEW_PASSWORD, NOW)

        assert log_in_at(password="the owner's new password").refresh_token

    def test_guesses_are_limited_by_account(self, account: User) -> None:
        for number in range(5):
            with pytest.raises(CurrentPasswordWrong):
                change_password(account.as_caller(), "wrong password", NEW_PASSWORD, NOW + number * SECOND)

        at = NOW + 5 * SECOND
        refused(TooManyRequests, lambda: change_password(account.as_caller(), PASSWORD, NEW_PASSWORD, at))

    @pytest.mark.parametrize("is_there", [True, False])
    def test_an_account_that_is_deactivated_or_gone_has_none(self, account: User, *, is_there: bool) -> None:
        if is_there:
            change_stored("users", {"user_id": account.id}, is_active=False)
        else:
            delete_stored("users", {"user_id": account.id})

        with pytest.raises(Unauthenticated):
            change_password(account.as_caller(), PASSWORD, NEW_PASSWORD, NOW)

    def test_no_transaction_touches_an_item_twice(self, account: User) -> None:
        own = log_in_at(current_instant())

        with counted_calls() as calls:
            change_password(caller_of(own.access_token), PASSWORD, NEW_PASSWORD, current_instant())

        [sent] = calls.parameters("TransactWriteItems")
        keys = [str(about["Key"]) for step in sent["TransactItems"] for about in step.values()]
        assert len(keys) == len(set(keys)) == 2


class TestVerifying:
    def test_registering_asks_for_a_link(self, outside: Outside, account: User) -> None:
        assert asked_for(outside) == [(Purpose.VERIFICATION, EMAIL)]
        assert not account.email_verified

    def test_an_account_is_made_also_when_the_link_cannot_be_asked_for(self, outside: Outside) -> None:
        outside.before_request = lambda: error("ThrottlingException")

        assert register_user(Registration(EMAIL, PASSWORD), source_address=SOURCE, now=NOW).id

    def test_the_address_is_shown_to_be_the_accounts(self, account: User) -> None:
        verify(issue_token(Purpose.VERIFICATION, account, NOW))

        assert find_user(account.id).email_verified
        assert account_item()["session_generation"] == 0

    def test_a_link_outlives_a_change_of_password(self, account: User) -> None:
        token = issue_token(Purpose.VERIFICATION, account, NOW)
        change_password(account.as_caller(), PASSWORD, NEW_PASSWORD, NOW)

        verify(token)

        assert find_user(account.id).email_verified

    def test_another_link_is_asked_for_so_often(self, outside: Outside, account: User) -> None:
        outside.requests.clear()
        for number in range(5):
            send_verification(account.as_caller(), NOW + number * SECOND)

        with pytest.raises(TooManyRequests):
            send_verification(account.as_caller(), NOW + 5 * SECOND)

        assert asked_for(outside) == [(Purpose.VERIFICATION, EMAIL)] * 5


class TestMail:
    @pytest.fixture(autouse=True)
    def nothing_asked_yet(self, outside: Outside, account: User) -> None:
        outside.requests.clear()

    def link_in(self, mail: EmailMessage) -> tuple[str, str]:
        """Page and token."""
        (found,) = re.findall(r"^http://localhost:8000/(\S+)#token=(\S+)\s*$", text_of(mail), re.MULTILINE)
        return found[0], found[1]

    def forgotten(self, outside: Outside, times: int = 1) -> None:
        for _ in range(times):
            ask_for_mail(Purpose.PASSWORD_RESET, EMAIL)
        send_queued(outside)

    def test_the_link_for_a_new_password_works(self, outside: Outside) -> None:
        self.forgotten(outside)

        [mail] = outside.mails
        page, token = self.link_in(mail)
        assert (mail["To"], mail["Subject"], page) == (EMAIL, "Choose a new password", "reset-password")
        assert list(mail.iter_attachments()) == []
        assert f'<a href="http://localhost:8000/reset-password#token={token}">' in text_of(mail, "html")
        reset(token)
        assert log_in_at(password=NEW_PASSWORD).refresh_token

    def test_the_link_that_shows_whose_the_address_is_works(self, outside: Outside, account: User) -> None:
        ask_for_mail(Purpose.VERIFICATION, EMAIL)
        send_queued(outside)

        [mail] = outside.mails
        page, token = self.link_in(mail)
        assert page == "verify-email"
        verify(token)
        assert find_user(account.id).email_verified

    def test_it_is_in_the_accounts_language_and_leads_to_the_stacks_pages(
        self, outside: Outside, account: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PUBLIC_URL", "https://app.example/de")
        settings.cache_clear()
        update_own_user(account.as_caller(), {"locale": Locale.RU})

        self.forgotten(outside)

        [mail] = outside.mails
        assert mail["Subject"] == "Выберите новый пароль"
        assert "https://app.example/de/reset-password#token=" in text_of(mail)

    def test_an_address_that_nobody_has_gets_none(self, outside: Outside) -> None:
        ask_for_mail(Purpose.PASSWORD_RESET, "nobody@example.com")

        assert send_queued(outside) == 0

        assert (outside.mails, outside.letters, stored_tokens()) == ([], [], [])

    def test_what_nobody_gets_takes_nothing_of_the_pace(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mail_work, "pace", lambda: pytest.fail("somebody else's mail waits"))
        ask_for_mail(Purpose.PASSWORD_RESET, "nobody@example.com")

        assert send_queued(outside) == 0

    def test_a_deactivated_account_gets_none(self, outside: Outside, account: User) -> None:
        change_stored("users", {"user_id": account.id}, is_active=False)

        self.forgotten(outside)

        assert (outside.mails, stored_tokens()) == ([], [])

    def test_an_address_that_is_verified_is_not_asked_again(self, outside: Outside, account: User) -> None:
        verify(issue_token(Purpose.VERIFICATION, account, NOW))
        ask_for_mail(Purpose.VERIFICATION, EMAIL)

        assert send_queued(outside) == 0

        assert outside.mails == []

    def test_the_link_of_the_last_mail_is_the_good_one(self, outside: Outside) -> None:
        self.forgotten(outside, times=2)

        first, last = (self.link_in(mail)[1] for mail in outside.mails)
        with pytest.raises(TokenNotValid):
            reset(first)
        reset(last)

    def test_a_message_that_comes_twice_sends_one_mail_and_voids_nothing(self, outside: Outside) -> None:
        ask_for_mail(Purpose.PASSWORD_RESET, EMAIL)
        outside.requests *= 2

        send_queued(outside)

        [mail] = outside.mails
        reset(self.link_in(mail)[1])

    @pytest.mark.parametrize("is_verified", [False, True])
    def test_an_address_gets_so_many_a_day_and_a_withheld_mail_voids_no_link(
        self, outside: Outside, account: User, monkeypatch: pytest.MonkeyPatch, *, is_verified: bool
    ) -> None:
        monkeypatch.setenv("MAIL_UNVERIFIED_MAX_PER_DAY", "4")
        monkeypatch.setenv("MAIL_SPECIALIST_MAX_PER_DAY", "3")
        settings.cache_clear()
        if is_verified:
            verify(issue_token(Purpose.VERIFICATION, account, NOW))

        self.forgotten(outside, times=5)

        assert len(outside.mails) == (3 if is_verified else 2)
        reset(self.link_in(outside.mails[-1])[1])

    def test_until_it_is_verified_what_is_about_bookings_counts_too(
        self, outside: Outside, account: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MAIL_UNVERIFIED_MAX_PER_DAY", "4")
        settings.cache_clear()
        count_mail("mail#1", Recipient(EMAIL, Audience.CLIENT), NOW)

        self.forgotten(outside, times=2)

        assert len(outside.mails) == 1

    def test_whoever_asks_for_links_leaves_room_for_what_is_about_bookings(
        self, outside: Outside, account: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MAIL_UNVERIFIED_MAX_PER_DAY", "4")
        settings.cache_clear()

        self.forgotten(outside, times=5)

        assert len(outside.mails) == 2
        for number in range(2):
            count_mail(f"mail#{number}", Recipient(EMAIL, Audience.CLIENT), NOW)
        with pytest.raises(Withheld):
            count_mail("mail#2", Recipient(EMAIL, Audience.CLIENT), NOW)

    def test_what_ses_refuses_is_given_up_and_pages_nobody(self, outside: Outside) -> None:
        outside.before_mail = lambda _: error("MessageRejected")

        self.forgotten(outside)

        assert (outside.requests, outside.letters) == ([], [])

    def test_while_ses_or_the_store_is_out_of_order_it_comes_again(self, outside: Outside) -> None:
        outside.before_mail = lambda _: error("ServiceUnavailable", status=503)
        self.forgotten(outside)
        outside.before_mail = lambda _: None
        with refusing("ThrottlingException", only="UpdateItem", times=None):
            assert send_queued(outside) == 1

        assert send_queued(outside) == 0

        [mail] = outside.mails
        reset(self.link_in(mail)[1])

    def test_neither_address_nor_token_is_logged(
        self, outside: Outside, log_lines: Callable[[], list[dict[str, Any]]]
    ) -> None:
        self.forgotten(outside)

        [mail] = outside.mails
        logged = json.dumps(log_lines())
        assert EMAIL not in logged
        assert self.link_in(mail)[1].partition(".")[2] not in logged


class TestClosedRegistration:
    @pytest.fixture(autouse=True)
    def closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SPECIALIST_REGISTRATION", "closed")
        settings.cache_clear()

    def test_nobody_registers_as_a_specialist(self) -> None:
        with pytest.raises(SpecialistRegistrationClosed):
            register_user(Registration(EMAIL, PASSWORD, Role.SPECIALIST), source_address=SOURCE, now=NOW)

        assert stored("users") == stored("calendar") == []

    def test_clients_register_and_admins_make_specialists(self, account: User) -> None:
        boss = make_admin("boss@example.com", PASSWORD, NOW).as_caller()

        changed = change_access(boss, account.id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert changed.role is Role.SPECIALIST

    def test_the_refusal_is_a_403_that_says_who_makes_them(self, api: Api) -> None:
        body = {"email": EMAIL, "password": PASSWORD, "role": "specialist"}

        answer = error_of(api.request("POST", "/auth/register", json=body), 403, "specialist_registration_closed")

        assert answer["detail"] == "Specialists are made by an admin"


class TestOwnUser:
    def test_what_is_given_is_set_and_what_is_left_out_stays(self, account: User) -> None:
        changes = {"display_name": "Ann", "phone": "+493012345678", "locale": Locale.RU, "time_zone": "Europe/Berlin"}
        update_own_user(account.as_caller(), changes)

        changed = update_own_user(account.as_caller(), {"phone": "+493087654321"})

        assert (changed.display_name, changed.phone, changed.locale, changed.time_zone) == (
            *("Ann", "+493087654321", Locale.RU, "Europe/Berlin"),
        )
        assert (account_item()["phone"], account_item()["locale"]) == ("+493087654321", "ru")

    def test_null_clears_a_field(self, account: User) -> None:
        update_own_user(account.as_caller(), {"display_name": "Ann", "phone": "+493012345678", "time_zone": "UTC"})

        update_own_user(account.as_caller(), dict.fromkeys(("display_name", "phone", "time_zone")))

        assert not {"display_name", "phone", "time_zone"} & account_item().keys()

    def test_no_change_changes_nothing(self, account: User) -> None:
        before = account_item()

        assert update_own_user(account.as_caller(), {}) == account

        assert account_item() == before

    @pytest.mark.parametrize("changes", [{}, {"display_name": "Ann"}])
    def test_an_account_that_is_gone_is_not_made(self, changes: dict[str, str]) -> None:
        with pytest.raises(Unauthenticated):
            update_own_user(Caller(new_id("usr"), Role.CLIENT, EMAIL), changes)

        assert stored("users") == []

    def test_a_deactivated_account_is_not_changed(self, account: User) -> None:
        change_stored("users", {"user_id": account.id}, is_active=False)
        before = account_item()

        with pytest.raises(Unauthenticated):
            update_own_user(account.as_caller(), {"display_name": "Ann"})

        assert account_item() == before


class TestOverHttp:
    def test_a_spent_token_is_a_422_with_a_reason_and_a_sentence(self, api: Api) -> None:
        for path, more in (("/auth/password/reset", {"password": NEW_PASSWORD}), ("/auth/email/verify", {})):
            answer = error_of(api.request("POST", path, json={"token": "a.b", **more}), 422, "token_not_valid")

            assert answer["detail"] == "Token is not valid"

    def test_the_token_is_not_repeated_nor_logged(
        self, api: Api, account: User, log_lines: Callable[[], list[dict[str, Any]]]
    ) -> None:
        token = issue_token(Purpose.PASSWORD_RESET, account, current_instant())
        body = {"token": token, "password": NEW_PASSWORD}

        answers = [api.request("POST", "/auth/password/reset", json=body) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [204, 422]
        assert token.partition(".")[2] not in answers[1].text + json.dumps(log_lines())

    def test_a_wrong_current_password_is_a_403(self, api: Api, account: User) -> None:
        body = {"current_password": "wrong password", "password": NEW_PASSWORD}

        answer = api.request("PUT", "/users/me/password", account.as_caller(), json=body)

        assert error_of(answer, 403, "current_password_wrong")["detail"] == "Current password is wrong"

    @pytest.mark.parametrize("phone", ["", "030123", "+0301", "+49 30 1", "+1234567890123456", "+49301\n", "+", 4930])
    def test_a_phone_number_is_e164(self, api: Api, account: User, phone: object) -> None:
        error_of(api.request("PATCH", "/users/me", account.as_caller(), json={"phone": phone}), 422, "validation_error")

    def test_an_account_is_shown_with_all_that_is_known(self, api: Api, account: User) -> None:
        changes = {"display_name": "Ann", "phone": "+493012345678", "locale": "ru", "time_zone": "Europe/Berlin"}

        changed = api.request("PATCH", "/users/me", account.as_caller(), json=changes).json()

        assert {name: changed[name] for name in changes} == changes
        assert changed["email_verified"] is False
        boss = make_admin("boss@example.com", PASSWORD, NOW).as_caller()
        assert api.request("GET", "/users/me", account.as_caller()).json() == changed
        assert changed in api.request("GET", "/users", boss).json()


class TestNobodyLearns:
    """Who has an account, by asking for a new password."""

    PAIRS = 200

    @pytest.fixture(autouse=True)
    def plenty_of_attempts(self, monkeypatch: pytest.MonkeyPatch, outside: Outside) -> None:
        monkeypatch.setenv("AUTH_RECOVERY_MAX_ATTEMPTS", "10000")
        settings.cache_clear()

    def test_the_answers_are_the_same(self, api: Api, account: User) -> None:
        answers = [
            api.request("POST", "/auth/password/forgot", json={"email": email}, headers={"X-Request-ID": "the-same"})
            for email in (EMAIL, "nobody@example.com")
        ]

        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].content == answers[1].content
        assert answers[0].headers == answers[1].headers

    def test_the_times_of_200_pairs_do_not_tell_them_apart(self, api: Api, account: User) -> None:
        """In each pair one is slower. Of a coin's 200 throws 60 to 140 are heads, but for one series in 50 million."""
        slower = sum(self.is_known_slower(api, known_first=number % 2 == 0) for number in range(self.PAIRS))

        assert 60 <= slower <= 140

    def is_known_slower(self, api: Api, *, known_first: bool) -> bool:
        order = [EMAIL, "nobody@example.com"] if known_first else ["nobody@example.com", EMAIL]
        took = {email: self.seconds(api, email) for email in order}
        return took[EMAIL] > took["nobody@example.com"]

    def seconds(self, api: Api, email: str) -> float:
        started = time.perf_counter()
        assert api.request("POST", "/auth/password/forgot", json={"email": email}).status_code == 202
        return time.perf_counter() - started
