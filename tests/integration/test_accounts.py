"""Accounts: registering, signing in, refreshing, signing out, and what admins change."""

import secrets
from datetime import datetime

import pytest
from argon2 import PasswordHasher

from booking.accounts import directory, login, passwords, registration
from booking.accounts.directory import list_users, own_account, update_user
from booking.accounts.errors import (
    EmailTaken,
    OwnAdminRights,
    RefreshTokenRejected,
    UserNotFound,
    WrongEmailOrPassword,
)
from booking.accounts.login import log_in
from booking.accounts.registration import Registration, make_admin, register
from booking.accounts.sessions import Session, close_session, open_session, refresh
from booking.accounts.table import UserItem
from booking.accounts.tokens import caller_of
from booking.accounts.user import User
from booking.caller import Caller, Locale, Role
from booking.errors import TooManyRequests, Unauthenticated
from booking.platform.clock import current_instant
from booking.platform.ids import new_id
from booking.platform.queries import PageRequest
from booking.platform.store import ConditionFailed, ConditionsFailed, get
from tests.credentials import PASSWORD
from tests.integration.api import SOURCE
from tests.integration.people import DAY, NOW, SECOND, an_admin
from tests.integration.store_calls import counted_calls, just_before, lost_answers
from tests.integration.tables import change_stored, delete_stored, refused, stored, stored_in_calendar

EMAIL = "ann@example.com"
QUICK = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters that production hashes with take their time; what is tested here is not they."""
    monkeypatch.setattr(passwords, "_hasher", QUICK)


@pytest.fixture
def account() -> User:
    return register(Registration(EMAIL, PASSWORD), source_address=SOURCE, now=NOW)


def log_in_at(now: datetime = NOW, password: str = PASSWORD, source: str = SOURCE) -> Session:
    return log_in(EMAIL, password, source_address=source, now=now)


def account_item() -> dict[str, object]:
    return next(item for item in stored("users") if item.get("kind") == "user")


class TestRegistering:
    def test_an_account_and_the_claim_to_its_address_are_stored(self) -> None:
        user = register(Registration("  Ann@Example.COM ", PASSWORD), source_address=SOURCE, now=NOW)

        assert (user.email, user.role, user.is_active, user.created_at) == (EMAIL, Role.CLIENT, True, NOW)
        claim, item = stored("users")
        assert (claim["user_id"], claim["holder"]) == (f"email#{EMAIL}", user.id)
        assert (item["user_id"], item["role"], item["is_active"]) == (user.id, "client", True)
        assert item["password_hash"].startswith("$argon2id$")
        assert PASSWORD not in str(stored("users"))
        assert stored("calendar") == []

    def test_a_specialist_has_a_profile_from_the_same_write_on(self) -> None:
        wanted = Registration(EMAIL, PASSWORD, Role.SPECIALIST, "Ann", Locale.RU)

        with counted_calls() as calls:
            user = register(wanted, source_address=SOURCE, now=NOW)

        assert calls.counted["TransactWriteItems"] == 1
        [profile] = stored_in_calendar("profile")
        assert (profile["user_id"], profile["display_name"], profile["locale"]) == (user.id, "Ann", "ru")
        assert (profile["listed"], profile["time_zone"]) == ("listed", "UTC")

    @pytest.mark.parametrize("email", [EMAIL, "ANN@example.com", "ann@EXAMPLE.com"])
    def test_an_address_has_one_holder_whatever_its_case(self, account: User, email: str) -> None:
        before = stored("users")

        with pytest.raises(EmailTaken):
            register(Registration(email, "another password"), source_address=SOURCE, now=NOW)

        assert stored("users") == before

    def test_a_refused_specialist_leaves_no_profile(self, account: User) -> None:
        with pytest.raises(EmailTaken):
            register(Registration(EMAIL, PASSWORD, Role.SPECIALIST), source_address=SOURCE, now=NOW)

        assert stored("calendar") == []

    def test_a_new_account_never_replaces_another_one(self, account: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registration, "new_id", lambda _: account.id)
        before = stored("users")

        with pytest.raises(ConditionsFailed):
            register(Registration("other@example.com", PASSWORD), source_address=SOURCE, now=NOW)

        assert stored("users") == before

    def test_a_new_profile_never_replaces_another_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        specialist = register(Registration(EMAIL, PASSWORD, Role.SPECIALIST, "Ann"), source_address=SOURCE, now=NOW)
        monkeypatch.setattr(registration, "new_id", lambda _: specialist.id)
        delete_stored("users", {"user_id": specialist.id})

        with pytest.raises(ConditionsFailed):
            register(
                Registration("other@example.com", PASSWORD, Role.SPECIALIST, "Bob"), source_address=SOURCE, now=NOW
            )

        assert [profile["display_name"] for profile in stored_in_calendar("profile")] == ["Ann"]

    def test_attempts_are_limited_by_source_address(self) -> None:
        for number in range(10):
            wanted = Registration(f"{number}@example.com", PASSWORD)
            register(wanted, source_address=SOURCE, now=NOW + number * SECOND)

        with pytest.raises(TooManyRequests):
            register(Registration(EMAIL, PASSWORD), source_address=SOURCE, now=NOW + 10 * SECOND)
        register(Registration(EMAIL, PASSWORD), source_address="192.0.2.2", now=NOW + 10 * SECOND)


class TestMakingAdmins:
    def test_a_new_account_is_made(self) -> None:
        admin = make_admin(EMAIL, PASSWORD, NOW)

        assert admin.role is Role.ADMIN
        assert account_item()["role"] == "admin"

    def test_an_existing_account_gets_role_password_and_access(self, account: User) -> None:
        change_stored("users", {"user_id": account.id}, is_active=None)

        admin = make_admin(EMAIL.upper(), "another password", NOW)

        assert (admin.id, admin.role, admin.is_active) == (account.id, Role.ADMIN, True)
        log_in_at(password="another password")
        with pytest.raises(WrongEmailOrPassword):
            log_in_at()

    def test_a_claim_without_an_account_makes_none(self, account: User) -> None:
        delete_stored("users", {"user_id": account.id})

        with pytest.raises(ConditionFailed):
            make_admin(EMAIL, PASSWORD, NOW)

        assert [item["user_id"] for item in stored("users")] == [f"email#{EMAIL}"]


class TestLoggingIn:
    def test_the_access_token_says_who_its_holder_is(self, account: User) -> None:
        session = log_in_at(current_instant())

        assert caller_of(session.access_token) == account.as_caller()
        assert session.expires_in == 900

    def test_a_family_of_refresh_tokens_begins_and_only_a_hash_of_the_token_is_stored(self, account: User) -> None:
        session = log_in_at()

        [family] = [item for item in stored("ephemeral") if item["pk"].startswith("refresh#")]
        assert family["user_id"] == account.id
        assert family["expires_at"] == int((NOW + 30 * DAY).timestamp())
        assert session.refresh_token.partition(".")[2] not in str(stored("ephemeral"))

    def test_the_case_of_the_address_does_not_count(self, account: User) -> None:
        assert log_in("ANN@Example.com", PASSWORD, source_address=SOURCE, now=NOW).refresh_token

    def test_an_unknown_address_and_a_wrong_password_cost_and_say_the_same(
        self, account: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        verified: list[str] = []

        class Counting:
            def verify(self, stored_hash: str, password: str) -> bool:
                verified.append(stored_hash)
                return QUICK.verify(stored_hash, password)

        monkeypatch.setattr(passwords, "_hasher", Counting())

        said = []
        for email, password in ((EMAIL, "wrong password"), ("nobody@example.com", PASSWORD)):
            with counted_calls() as calls, pytest.raises(WrongEmailOrPassword) as refusal:
                log_in(email, password, source_address=SOURCE, now=NOW)
            said.append((str(refusal.value), refusal.value.reason, calls.operations))

        assert said[0] == said[1]
        assert len(verified) == 2

    def test_a_deactivated_account_gets_the_same_answer(self, account: User) -> None:
        update_user(an_admin(), account.id, is_active=False, role=None, now=NOW)

        with pytest.raises(WrongEmailOrPassword):
            log_in_at()

    def test_the_password_is_hashed_anew_when_todays_parameters_are_stronger(
        self, account: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "_hasher", PasswordHasher(memory_cost=16, time_cost=2, parallelism=1))

        log_in_at()

        assert "m=16,t=2" in str(account_item()["password_hash"])
        log_in_at()

    def test_a_hash_of_todays_parameters_stays(self, account: User) -> None:
        before = account_item()

        log_in_at()

        assert account_item() == before

    def test_a_password_that_is_changed_in_between_is_not_overwritten(self, account: User) -> None:
        seen = get(UserItem, account.id)
        assert seen is not None
        change_stored("users", {"user_id": account.id}, password_hash="a new password's hash")

        login._rehash(seen, PASSWORD)

        assert account_item()["password_hash"] == "a new password's hash"

    def test_attempts_are_limited_by_source_address_and_say_when_one_is_free(self, account: User) -> None:
        for number in range(20):
            with pytest.raises(WrongEmailOrPassword):
                log_in(f"{number}@example.com", PASSWORD, source_address=SOURCE, now=NOW + number * SECOND)

        with pytest.raises(TooManyRequests) as refusal:
            log_in_at(NOW + 20.5 * SECOND)
        assert refusal.value.retry_after == 40

    def test_attempts_are_limited_by_account_over_all_addresses(self, account: User) -> None:
        for number in range(20):
            with pytest.raises(WrongEmailOrPassword):
                log_in_at(NOW + number * SECOND, "wrong password", f"192.0.2.{number}")

        with pytest.raises(TooManyRequests):
            log_in_at(NOW + 20 * SECOND, source="198.51.100.1")


class TestRefreshing:
    @pytest.fixture
    def session(self, account: User) -> Session:
        return open_session(account, NOW)

    def test_a_token_is_spent_for_the_next_pair(self, session: Session) -> None:
        with counted_calls() as calls:
            following = refresh(session.refresh_token, NOW + DAY)

        assert calls.operations == ["UpdateItem", "GetItem"]
        assert following.refresh_token != session.refresh_token
        [family] = stored_families()
        assert family["expires_at"] == int((NOW + 31 * DAY).timestamp())
        assert refresh(following.refresh_token, NOW + 2 * DAY).refresh_token

    def test_role_and_language_are_read_anew(self, account: User, session: Session) -> None:
        update_user(an_admin(), account.id, is_active=None, role=Role.SPECIALIST, now=NOW)

        following = refresh(session.refresh_token, current_instant())

        assert caller_of(following.access_token).role is Role.SPECIALIST

    def test_a_spent_token_that_comes_back_ends_the_family(self, session: Session) -> None:
        following = refresh(session.refresh_token, NOW)

        with pytest.raises(RefreshTokenRejected):
            refresh(session.refresh_token, NOW)

        assert stored_families() == []
        with pytest.raises(RefreshTokenRejected):
            refresh(following.refresh_token, NOW)

    def test_other_families_of_the_account_live_on(self, account: User, session: Session) -> None:
        other = open_session(account, NOW)
        refresh(session.refresh_token, NOW)
        with pytest.raises(RefreshTokenRejected):
            refresh(session.refresh_token, NOW)

        assert refresh(other.refresh_token, NOW).refresh_token

    def test_a_rotation_whose_answer_was_lost_is_no_reuse(self, session: Session) -> None:
        with lost_answers("UpdateItem") as calls:
            following = refresh(session.refresh_token, NOW)

        assert len(calls.sent) == 1
        assert refresh(following.refresh_token, NOW).refresh_token

    def test_a_token_ends_with_its_time_also_when_its_item_is_still_there(self, session: Session) -> None:
        with pytest.raises(RefreshTokenRejected):
            refresh(session.refresh_token, NOW + 30 * DAY)

        assert stored_families() == []

    def test_a_token_is_good_until_its_time_ends(self, session: Session) -> None:
        assert refresh(session.refresh_token, NOW + 30 * DAY - SECOND).refresh_token

    def test_a_deactivated_account_gets_nothing_and_its_family_ends(self, account: User, session: Session) -> None:
        update_user(an_admin(), account.id, is_active=False, role=None, now=NOW)

        with pytest.raises(RefreshTokenRejected):
            refresh(session.refresh_token, NOW)

        assert stored_families() == []

    def test_an_account_that_is_gone_gets_nothing(self, account: User, session: Session) -> None:
        delete_stored("users", {"user_id": account.id})

        with pytest.raises(RefreshTokenRejected):
            refresh(session.refresh_token, NOW)

    @pytest.mark.parametrize("token", ["", ".", "a", "a.", ".b", "unknown.secret", "x" * 10_000, "\x00.\x00", "é.é"])
    def test_what_is_no_token_is_rejected_and_makes_nothing(self, token: str) -> None:
        with pytest.raises(RefreshTokenRejected):
            refresh(token, NOW)

        assert stored("ephemeral") == []

    def test_a_new_family_never_replaces_another_one(
        self, account: User, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        family_id = session.refresh_token.partition(".")[0]
        monkeypatch.setattr(secrets, "token_urlsafe", lambda size: family_id if size == 16 else "secret")

        with pytest.raises(ConditionFailed):
            open_session(account, NOW)

        monkeypatch.undo()
        assert refresh(session.refresh_token, NOW).refresh_token

    def test_signing_out_ends_the_family_and_twice_is_no_error(self, session: Session) -> None:
        close_session(session.refresh_token)
        close_session(session.refresh_token)

        assert stored_families() == []
        with pytest.raises(RefreshTokenRejected):
            refresh(session.refresh_token, NOW)

    @pytest.mark.parametrize("token", ["", "a", "x" * 10_000, "unknown.secret"])
    def test_signing_out_with_what_is_no_token_is_no_error(self, token: str) -> None:
        close_session(token)


class TestOwnAccount:
    def test_is_as_it_is_now(self, account: User) -> None:
        update_user(an_admin(), account.id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert own_account(account.as_caller()).role is Role.SPECIALIST

    def test_is_none_for_a_deactivated_account_whose_token_is_still_valid(self, account: User) -> None:
        update_user(an_admin(), account.id, is_active=False, role=None, now=NOW)

        with pytest.raises(Unauthenticated):
            own_account(account.as_caller())

    def test_is_none_for_an_account_that_is_gone(self) -> None:
        with pytest.raises(Unauthenticated):
            own_account(Caller(new_id("usr"), Role.CLIENT, EMAIL))


class TestWhatAdminsChange:
    def test_what_is_given_is_changed_and_what_is_left_out_stays(self, account: User) -> None:
        changed = update_user(an_admin(), account.id, is_active=False, role=None, now=NOW)

        assert (changed.is_active, changed.role) == (False, Role.CLIENT)
        assert (account_item()["is_active"], account_item()["role"]) == (False, "client")

    def test_nothing_given_changes_nothing(self, account: User) -> None:
        with counted_calls() as calls:
            assert update_user(an_admin(), account.id, is_active=None, role=None, now=NOW) == account

        assert calls.operations == ["GetItem"]

    def test_whoever_becomes_a_specialist_has_a_profile_and_keeps_the_one_it_had(self, account: User) -> None:
        for role in (Role.SPECIALIST, Role.CLIENT):
            update_user(an_admin(), account.id, is_active=None, role=role, now=NOW)
        [profile] = stored_in_calendar("profile")
        assert "listed" not in profile
        change_stored("calendar", {"specialist_id": profile["specialist_id"], "sk": "profile"}, display_name="Ann")

        update_user(an_admin(), account.id, is_active=None, role=Role.SPECIALIST, now=NOW + DAY)

        [kept] = stored_in_calendar("profile")
        assert kept == {**profile, "display_name": "Ann"}

    def test_an_account_that_goes_in_between_is_not_made_again(self, account: User) -> None:
        with (
            just_before("TransactWriteItems", lambda: delete_stored("users", {"user_id": account.id})),
            pytest.raises(UserNotFound),
        ):
            update_user(an_admin(), account.id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert [item["user_id"] for item in stored("users")] == [f"email#{EMAIL}"]
        assert stored("calendar") == []

    @pytest.mark.parametrize("user_id", ["", "me", "usr_", f"email#{EMAIL}", "\x00", "x" * 10_000, new_id("usr")])
    def test_an_unknown_account_is_not_found(self, account: User, user_id: str) -> None:
        with pytest.raises(UserNotFound):
            update_user(an_admin(), user_id, is_active=False, role=None, now=NOW)

    @pytest.mark.parametrize(
        ("is_active", "role"), [(False, None), (None, Role.CLIENT), (None, Role.SPECIALIST), (False, Role.ADMIN)]
    )
    def test_an_admin_cannot_lock_itself_out(self, *, is_active: bool | None, role: Role | None) -> None:
        admin = make_admin(EMAIL, PASSWORD, NOW)
        before = stored("users")

        refused(
            OwnAdminRights, lambda: update_user(admin.as_caller(), admin.id, is_active=is_active, role=role, now=NOW)
        )

        assert stored("users") == before

    def test_an_admin_may_say_what_it_is(self) -> None:
        admin = make_admin(EMAIL, PASSWORD, NOW)

        changed = update_user(admin.as_caller(), admin.id, is_active=True, role=Role.ADMIN, now=NOW)

        assert changed.role is Role.ADMIN


def test_accounts_are_listed_in_the_order_of_their_creation_in_one_query() -> None:
    emails = [f"{number}@example.com" for number in range(5)]
    for number, email in enumerate(emails):
        register(Registration(email, PASSWORD), source_address=SOURCE, now=NOW + number * SECOND)

    with counted_calls() as calls:
        page = list_users(PageRequest(3, offset=1))
        rest = list_users(PageRequest(20, start=page.next_start))

    assert [user.email for user in page.items] == emails[1:4]
    assert [user.email for user in rest.items] == emails[4:]
    assert (rest.next_start, calls.counted["Query"]) == (None, 2)


def test_production_hashes_as_the_cheat_sheet_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    hashed = passwords.hash_password(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(PASSWORD, hashed)
    assert not passwords.matches("another password", hashed)
    assert not passwords.matches(PASSWORD, None)
    assert not passwords.matches(PASSWORD, "no hash at all")
    assert not passwords.needs_rehash(hashed)
    assert not passwords.needs_rehash(passwords._NOBODYS_HASH)


def stored_families() -> list[dict[str, object]]:
    return [item for item in stored("ephemeral") if str(item["pk"]).startswith("refresh#")]


def test_the_directory_does_not_hand_out_hashes(account: User) -> None:
    assert "argon2" not in repr(directory.list_users(PageRequest(20)))
