"""Accounts: registering, signing in, refreshing, signing out, and what admins change."""

import secrets
from functools import partial

import pytest
from argon2 import PasswordHasher

from booking.accounts import log_in as logging_in
from booking.accounts import passwords, register
from booking.accounts.access_tokens import caller_of
from booking.accounts.addresses import AddressRejected
from booking.accounts.change_access import change_access
from booking.accounts.errors import EmailTaken, OwnAdminRights, RefreshTokenRejected, UserNotFound, WrongEmailOrPassword
from booking.accounts.log_in import log_in
from booking.accounts.read import get_own_user, list_users
from booking.accounts.register import Registration, register_user
from booking.accounts.sessions import Session, log_out, open_session, refresh_session
from booking.accounts.table import UserItem
from booking.accounts.user import User
from booking.administration.make_admin import make_admin
from booking.caller import Caller, Locale, Role
from booking.dynamodb.errors import ConditionFailed, TransactionCanceled
from booking.dynamodb.items import get
from booking.dynamodb.queries import PageRequest
from booking.errors import Forbidden, StoreUnavailable, TooManyRequests, Unauthenticated
from booking.runtime.aws import client
from booking.runtime.clock import current_instant
from booking.runtime.ids import new_id
from booking.runtime.signing import SIGNING_KEYS
from tests.credentials import PASSWORD
from tests.integration.accounts import EMAIL, QUICK, account_item, log_in_at
from tests.integration.api import SOURCE
from tests.integration.people import DAY, NOW, SECOND
from tests.integration.store_calls import counted_calls, just_before, keys_unreachable, lost_answers, refusing
from tests.integration.tables import change_stored, delete_stored, refused, stored, stored_in_calendar

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def account() -> User:
    return register_user(Registration(EMAIL, PASSWORD), source_address=SOURCE, now=NOW)


def an_admin() -> Caller:
    """An admin with an account; changing others takes one."""
    return make_admin(f"{secrets.token_hex(4)}@example.com", PASSWORD, NOW).as_caller()


class TestRegistering:
    def test_an_account_and_the_claim_to_its_address_are_stored(self) -> None:
        user = register_user(Registration("Ann@Example.COM", PASSWORD), source_address=SOURCE, now=NOW)

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
            user = register_user(wanted, source_address=SOURCE, now=NOW)

        assert calls.counted["TransactWriteItems"] == 1
        [profile] = stored_in_calendar("profile")
        assert (profile["user_id"], profile["display_name"], profile["locale"]) == (user.id, "Ann", "ru")
        assert (profile["listed"], profile["time_zone"]) == ("listed", "UTC")

    @pytest.mark.parametrize("email", [EMAIL, "ANN@example.com", "ann@EXAMPLE.com"])
    def test_an_address_has_one_holder_whatever_its_case(self, account: User, email: str) -> None:
        before = stored("users")

        with pytest.raises(EmailTaken):
            register_user(Registration(email, "another password"), source_address=SOURCE, now=NOW)

        assert stored("users") == before

    def test_a_refused_specialist_leaves_no_profile(self, account: User) -> None:
        with pytest.raises(EmailTaken):
            register_user(Registration(EMAIL, PASSWORD, Role.SPECIALIST), source_address=SOURCE, now=NOW)

        assert stored("calendar") == []

    def test_a_new_account_never_replaces_another_one(self, account: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(register, "new_id", lambda _: account.id)
        before = stored("users")

        with pytest.raises(TransactionCanceled):
            register_user(Registration("other@example.com", PASSWORD), source_address=SOURCE, now=NOW)

        assert stored("users") == before

    def test_a_new_profile_never_replaces_another_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        specialist = register_user(
            Registration(EMAIL, PASSWORD, Role.SPECIALIST, "Ann"), source_address=SOURCE, now=NOW
        )
        monkeypatch.setattr(register, "new_id", lambda _: specialist.id)
        delete_stored("users", {"user_id": specialist.id})

        with pytest.raises(TransactionCanceled):
            register_user(
                Registration("other@example.com", PASSWORD, Role.SPECIALIST, "Bob"), source_address=SOURCE, now=NOW
            )

        assert [profile["display_name"] for profile in stored_in_calendar("profile")] == ["Ann"]

    def test_a_clients_name_is_kept(self) -> None:
        user = register_user(Registration(EMAIL, PASSWORD, display_name="Ann"), source_address=SOURCE, now=NOW)

        assert (user.display_name, account_item()["display_name"]) == ("Ann", "Ann")
        assert stored("calendar") == []

    def test_an_address_that_nobody_can_mail_to_is_rejected(self) -> None:
        with pytest.raises(AddressRejected):
            register_user(Registration("ann@printer.local", PASSWORD), source_address=SOURCE, now=NOW)

        assert stored("users") == []

    def test_attempts_are_limited_by_source_address(self) -> None:
        for number in range(10):
            wanted = Registration(f"{number}@example.com", PASSWORD)
            register_user(wanted, source_address=SOURCE, now=NOW + number * SECOND)

        with pytest.raises(TooManyRequests):
            register_user(Registration(EMAIL, PASSWORD), source_address=SOURCE, now=NOW + 10 * SECOND)
        register_user(Registration(EMAIL, PASSWORD), source_address="192.0.2.2", now=NOW + 10 * SECOND)


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

    @pytest.mark.parametrize("spelling", ["ANN@münchen.example", "ann@XN--MNCHEN-3YA.example"])
    def test_the_operators_spelling_names_the_account_that_signs_in_with_another(self, spelling: str) -> None:
        user = register_user(Registration("Ann@München.example", PASSWORD), source_address=SOURCE, now=NOW)

        assert make_admin(spelling, "another password", NOW).id == user.id
        assert log_in(spelling, "another password", source_address=SOURCE, now=NOW).refresh_token

    def test_an_account_that_was_deactivated_is_listed_again(self) -> None:
        user = register_user(Registration(EMAIL, PASSWORD, Role.SPECIALIST, "Ann"), source_address=SOURCE, now=NOW)
        change_access(an_admin(), user.id, is_active=False, role=None, now=NOW)

        make_admin(EMAIL, PASSWORD, NOW)

        [profile] = stored_in_calendar("profile")
        assert (profile["listed"], profile.get("closed")) == ("listed", None)

    def test_an_account_without_a_profile_gets_none(self, account: User) -> None:
        make_admin(EMAIL, PASSWORD, NOW)

        assert stored("calendar") == []

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
        change_access(an_admin(), account.id, is_active=False, role=None, now=NOW)

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

        logging_in._rehash(seen, PASSWORD)

        assert account_item()["password_hash"] == "a new password's hash"

    def test_attempts_are_limited_by_source_address_and_say_when_one_is_free(self, account: User) -> None:
        for number in range(20):
            with pytest.raises(WrongEmailOrPassword):
                log_in(f"{number}@example.com", PASSWORD, source_address=SOURCE, now=NOW + number * SECOND)

        with pytest.raises(TooManyRequests) as refusal:
            log_in_at(NOW + 20.5 * SECOND)
        assert refusal.value.retry_after == 40

    def test_failures_are_limited_by_account_over_all_sources(self, account: User) -> None:
        fail_from_many_sources(100)

        with pytest.raises(TooManyRequests):
            log_in_at(NOW + 10 * SECOND, source="198.51.100.1")

    def test_failures_from_one_source_do_not_lock_the_owner_out(self, account: User) -> None:
        for number in range(20):
            with pytest.raises(WrongEmailOrPassword):
                log_in_at(NOW + number * SECOND, "wrong password")

        assert log_in_at(NOW + 20 * SECOND, source="198.51.100.1").refresh_token

    def test_only_failures_count_against_the_account(self, account: User) -> None:
        for number in range(101):
            log_in_at(NOW + number * SECOND / 100, source=f"198.51.{number}.1")

        assert [item["attempts"] for item in stored("ephemeral") if len(item.get("attempts", ())) > 1] == []

    def test_an_attempt_counts_as_failed_while_it_is_made_so_that_parallel_ones_are_limited(
        self, account: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fail_from_many_sources(99)
        together: list[Exception] = []

        def meanwhile(password: str, stored_hash: str | None) -> bool:
            monkeypatch.undo()
            with pytest.raises(TooManyRequests) as refusal:
                log_in_at(NOW + 10 * SECOND, "another guess", "198.51.100.2")
            together.append(refusal.value)
            return QUICK.verify(stored_hash or "", password)

        monkeypatch.setattr(logging_in, "matches", meanwhile)
        log_in_at(NOW + 10 * SECOND, source="198.51.100.1")

        assert len(together) == 1

    def test_an_attempt_that_cannot_be_forgotten_goes_on_counting(self, account: User) -> None:
        with refusing("ThrottlingException", only="UpdateItem", times=None):
            session = log_in_at()

        assert session.refresh_token

    def test_addresses_of_one_ipv6_network_are_one_source(self, account: User) -> None:
        for number in range(20):
            with pytest.raises(WrongEmailOrPassword):
                log_in_at(NOW + number * SECOND / 100, "wrong password", f"2001:db8:0:1::{number:x}")

        with pytest.raises(TooManyRequests):
            log_in_at(NOW + SECOND, source="2001:db8:0:1:ffff::1")
        assert log_in_at(NOW + SECOND, source="2001:db8:0:2::1").refresh_token


class TestRefreshing:
    @pytest.fixture
    def session(self, account: User) -> Session:
        return open_session(account, NOW)

    def test_a_token_is_spent_for_the_next_pair(self, session: Session) -> None:
        with counted_calls() as calls:
            following = refresh_session(session.refresh_token, NOW + DAY)

        assert calls.operations == ["GetItem", "GetItem", "UpdateItem"]
        assert following.refresh_token != session.refresh_token
        [family] = stored_families()
        assert family["expires_at"] == int((NOW + 31 * DAY).timestamp())
        assert refresh_session(following.refresh_token, NOW + 2 * DAY).refresh_token

    def test_address_and_language_are_read_anew(self, account: User, session: Session) -> None:
        change_stored("users", {"user_id": account.id}, locale="ru")

        following = refresh_session(session.refresh_token, current_instant())

        assert caller_of(following.access_token).locale is Locale.RU

    def test_a_spent_token_that_comes_back_ends_the_family(self, session: Session) -> None:
        following = refresh_session(session.refresh_token, NOW)

        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW)

        assert stored_families() == []
        with pytest.raises(RefreshTokenRejected):
            refresh_session(following.refresh_token, NOW)

    def test_other_families_of_the_account_live_on(self, account: User, session: Session) -> None:
        other = open_session(account, NOW)
        refresh_session(session.refresh_token, NOW)
        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW)

        assert refresh_session(other.refresh_token, NOW).refresh_token

    def test_a_rotation_whose_answer_was_lost_is_no_reuse(self, session: Session) -> None:
        with lost_answers("UpdateItem") as calls:
            following = refresh_session(session.refresh_token, NOW)

        assert len(calls.sent) == 1
        assert refresh_session(following.refresh_token, NOW).refresh_token

    def test_a_token_ends_with_its_time_also_when_its_item_is_still_there(self, session: Session) -> None:
        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW + 30 * DAY)

        assert stored_families() == []

    def test_a_token_is_good_until_its_time_ends(self, session: Session) -> None:
        assert refresh_session(session.refresh_token, NOW + 30 * DAY - SECOND).refresh_token

    def test_a_deactivated_account_gets_nothing_and_its_family_ends(self, account: User, session: Session) -> None:
        change_access(an_admin(), account.id, is_active=False, role=None, now=NOW)

        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW)

        assert stored_families() == []

    def test_an_account_that_is_gone_gets_nothing(self, account: User, session: Session) -> None:
        delete_stored("users", {"user_id": account.id})

        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW)

    @pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
    def test_a_token_stays_good_while_the_store_is_out_of_reach(self, session: Session, operation: str) -> None:
        with refusing("ThrottlingException", only=operation), pytest.raises(StoreUnavailable):
            refresh_session(session.refresh_token, NOW)

        assert refresh_session(session.refresh_token, NOW).refresh_token

    def test_a_token_stays_good_while_the_signing_key_is_out_of_reach(self, session: Session) -> None:
        SIGNING_KEYS.forget()
        with keys_unreachable(), pytest.raises(StoreUnavailable):
            refresh_session(session.refresh_token, NOW)

        assert refresh_session(session.refresh_token, NOW).refresh_token

    @pytest.mark.parametrize("token", ["", ".", "a", "a.", ".b", "unknown.secret", "x" * 10_000, "\x00.\x00", "é.é"])
    def test_what_is_no_token_is_rejected_and_makes_nothing(self, token: str) -> None:
        with pytest.raises(RefreshTokenRejected):
            refresh_session(token, NOW)

        assert stored("ephemeral") == []

    def test_a_new_family_never_replaces_another_one(
        self, account: User, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        family_id = session.refresh_token.partition(".")[0]
        monkeypatch.setattr(secrets, "token_urlsafe", lambda size: family_id if size == 16 else "secret")

        with pytest.raises(ConditionFailed):
            open_session(account, NOW)

        monkeypatch.undo()
        assert refresh_session(session.refresh_token, NOW).refresh_token

    def test_signing_out_ends_the_family_and_twice_is_no_error(self, session: Session) -> None:
        log_out(session.refresh_token)
        log_out(session.refresh_token)

        assert stored_families() == []
        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW)

    @pytest.mark.parametrize("token", ["", "a", "x" * 10_000, "unknown.secret"])
    def test_signing_out_with_what_is_no_token_is_no_error(self, token: str) -> None:
        log_out(token)


class TestTheEndOfAllSessions:
    @pytest.fixture
    def session(self, account: User) -> Session:
        return log_in_at()

    def is_over(self, session: Session) -> bool:
        with pytest.raises(RefreshTokenRejected):
            refresh_session(session.refresh_token, NOW)
        return stored_families() == []

    def test_comes_when_an_operator_makes_the_account_an_admin(self, session: Session) -> None:
        make_admin(EMAIL, "another password", NOW)

        assert self.is_over(session)
        fresh = log_in_at(password="another password")
        assert refresh_session(fresh.refresh_token, NOW).refresh_token

    def test_comes_also_for_a_sign_in_that_was_under_way(self, account: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            logging_in, "needs_rehash", lambda _: bool(make_admin(EMAIL, "another password", NOW)) and False
        )

        assert self.is_over(log_in_at())

    def test_comes_with_a_change_of_role(self, account: User, session: Session) -> None:
        change_access(an_admin(), account.id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert self.is_over(session)

    def test_does_not_come_with_the_role_that_the_account_has(self, account: User, session: Session) -> None:
        change_access(an_admin(), account.id, is_active=True, role=Role.CLIENT, now=NOW)

        assert refresh_session(session.refresh_token, NOW).refresh_token

    def test_outlasts_a_deactivation(self, account: User, session: Session) -> None:
        admin = an_admin()
        for is_active in (False, True):
            change_access(admin, account.id, is_active=is_active, role=None, now=NOW)

        assert self.is_over(session)

    def test_comes_with_an_admin_whose_address_somebody_registers_at_the_same_moment(self) -> None:
        families = []

        def somebody_registers() -> None:
            register_user(Registration("boss@example.com", PASSWORD), source_address=SOURCE, now=NOW)
            families.append(log_in("boss@example.com", PASSWORD, source_address=SOURCE, now=NOW))

        with just_before("TransactWriteItems", somebody_registers):
            made = make_admin("boss@example.com", "another password", NOW)

        assert made.role is Role.ADMIN
        assert self.is_over(families[0])

    def test_is_known_of_accounts_and_families_from_before_it_was(self, account: User, session: Session) -> None:
        change_stored("users", {"user_id": account.id}, session_generation=None)
        [family] = stored_families()
        change_stored("ephemeral", {"pk": str(family["pk"])}, generation=None)
        session = refresh_session(session.refresh_token, NOW)

        make_admin(EMAIL, PASSWORD, NOW)

        assert self.is_over(session)

    def test_begins_for_an_account_from_before_it_was_with_its_first_change(
        self, account: User, session: Session
    ) -> None:
        change_stored("users", {"user_id": account.id}, session_generation=None)

        change_access(an_admin(), account.id, is_active=False, role=None, now=NOW)

        assert account_item()["session_generation"] == 1
        assert self.is_over(session)


class TestOwnAccount:
    def test_is_as_it_is_now(self, account: User) -> None:
        change_access(an_admin(), account.id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert get_own_user(account.as_caller()).role is Role.SPECIALIST

    def test_is_none_for_a_deactivated_account_whose_token_is_still_valid(self, account: User) -> None:
        change_access(an_admin(), account.id, is_active=False, role=None, now=NOW)

        with pytest.raises(Unauthenticated):
            get_own_user(account.as_caller())

    def test_that_was_stored_without_a_language_has_english(self, account: User) -> None:
        change_stored("users", {"user_id": account.id}, locale=None)

        assert get_own_user(account.as_caller()).locale is Locale.EN

    def test_is_none_for_an_account_that_is_gone(self) -> None:
        with pytest.raises(Unauthenticated):
            get_own_user(Caller(new_id("usr"), Role.CLIENT, EMAIL))


class TestWhatAdminsChange:
    def test_what_is_given_is_changed_and_what_is_left_out_stays(self, account: User) -> None:
        changed = change_access(an_admin(), account.id, is_active=False, role=None, now=NOW)

        assert (changed.is_active, changed.role) == (False, Role.CLIENT)
        assert (account_item()["is_active"], account_item()["role"]) == (False, "client")

    def test_nothing_given_changes_nothing(self, account: User) -> None:
        admin, before = an_admin(), account_item()

        assert change_access(admin, account.id, is_active=None, role=None, now=NOW) == account

        assert account_item() == before

    def test_whoever_becomes_a_specialist_has_a_profile_and_keeps_the_one_it_had(self, account: User) -> None:
        for role in (Role.SPECIALIST, Role.CLIENT):
            change_access(an_admin(), account.id, is_active=None, role=role, now=NOW)
        [profile] = stored_in_calendar("profile")
        assert "listed" not in profile
        change_stored("calendar", {"specialist_id": profile["specialist_id"], "sk": "profile"}, display_name="Ann")

        change_access(an_admin(), account.id, is_active=None, role=Role.SPECIALIST, now=NOW + DAY)

        [kept] = stored_in_calendar("profile")
        assert kept == {**profile, "display_name": "Ann", "listed": "listed"}

    def test_an_account_that_goes_in_between_is_not_made_again(self, account: User) -> None:
        admin = an_admin()
        with (
            just_before("TransactWriteItems", lambda: delete_stored("users", {"user_id": account.id})),
            pytest.raises(UserNotFound),
        ):
            change_access(admin, account.id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert account.id not in [item["user_id"] for item in stored("users")]
        assert stored("calendar") == []

    @pytest.mark.parametrize("user_id", ["", "me", "usr_", f"email#{EMAIL}", "\x00", "x" * 10_000, f"usr_{'A' * 22}"])
    def test_an_unknown_account_is_not_found(self, account: User, user_id: str) -> None:
        with pytest.raises(UserNotFound):
            change_access(an_admin(), user_id, is_active=False, role=None, now=NOW)

    @pytest.mark.parametrize(
        ("is_active", "role"), [(False, None), (None, Role.CLIENT), (None, Role.SPECIALIST), (False, Role.ADMIN)]
    )
    def test_an_admin_cannot_lock_itself_out(self, *, is_active: bool | None, role: Role | None) -> None:
        admin = make_admin(EMAIL, PASSWORD, NOW)
        before = stored("users")

        refused(
            OwnAdminRights, lambda: change_access(admin.as_caller(), admin.id, is_active=is_active, role=role, now=NOW)
        )

        assert stored("users") == before

    def test_an_admin_may_say_what_it_is(self) -> None:
        admin = make_admin(EMAIL, PASSWORD, NOW)

        changed = change_access(admin.as_caller(), admin.id, is_active=True, role=Role.ADMIN, now=NOW)

        assert changed.role is Role.ADMIN

    @pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.CLIENT}], ids=["deactivated", "demoted"])
    def test_a_dismissed_admin_changes_nobody_although_its_token_is_valid(
        self, account: User, change: dict[str, bool | Role]
    ) -> None:
        dismissed, admin = an_admin(), an_admin()
        given = {"is_active": None, "role": None} | change
        change_access(admin, dismissed.user_id, **given, now=NOW)  # type: ignore[arg-type]
        before = stored("users")

        for user_id in (account.id, dismissed.user_id, admin.user_id):
            refused(Forbidden, partial(change_access, dismissed, user_id, is_active=True, role=None, now=NOW))
        refused(Forbidden, partial(change_access, dismissed, account.id, is_active=None, role=Role.SPECIALIST, now=NOW))

        assert stored("users") == before

    def test_an_admin_without_an_account_changes_nobody(self, account: User) -> None:
        nobody = Caller(new_id("usr"), Role.ADMIN, EMAIL)

        refused(Forbidden, lambda: change_access(nobody, account.id, is_active=False, role=None, now=NOW))

        assert account_item()["is_active"] is True

    @pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.CLIENT}], ids=["deactivate", "demote"])
    def test_of_two_admins_who_dismiss_each_other_one_stays(self, change: dict[str, bool | Role]) -> None:
        one, other = an_admin(), an_admin()
        given = {"is_active": None, "role": None} | change

        def dismiss(by: Caller, whom: Caller) -> User:
            return change_access(by, whom.user_id, **given, now=NOW)  # type: ignore[arg-type]

        with just_before("TransactWriteItems", lambda: dismiss(other, one)), pytest.raises(Forbidden):
            dismiss(one, other)

        admins = [item for item in stored("users") if item.get("role") == "admin" and item["is_active"]]
        assert [item["user_id"] for item in admins] == [other.user_id]

    def test_an_admin_who_is_dismissed_in_between_does_not_reinstate_itself(self) -> None:
        admin, other = an_admin(), an_admin()

        with (
            just_before(
                "TransactWriteItems", lambda: change_access(other, admin.user_id, is_active=False, role=None, now=NOW)
            ),
            pytest.raises(Forbidden),
        ):
            change_access(admin, admin.user_id, is_active=True, role=None, now=NOW)

        assert not own(admin)["is_active"]

    def test_a_change_that_another_one_overtakes_starts_from_what_that_left(self, account: User) -> None:
        admin = an_admin()

        with just_before(
            "TransactWriteItems", lambda: change_access(admin, account.id, is_active=False, role=None, now=NOW)
        ):
            changed = change_access(admin, account.id, is_active=None, role=Role.SPECIALIST, now=NOW)

        assert (changed.is_active, changed.role) == (False, Role.SPECIALIST)
        [profile] = stored_in_calendar("profile")
        assert (profile.get("listed"), profile["closed"]) == (None, True)

    def test_a_role_that_is_given_in_between_is_not_taken_back(self, account: User) -> None:
        admin = an_admin()

        with just_before(
            "TransactWriteItems",
            lambda: change_access(admin, account.id, is_active=None, role=Role.SPECIALIST, now=NOW),
        ):
            change_access(admin, account.id, is_active=False, role=None, now=NOW)

        assert (account_item()["role"], account_item()["is_active"]) == ("specialist", False)

    def test_no_transaction_touches_an_item_twice(self, account: User) -> None:
        admin = an_admin()

        with counted_calls() as calls:
            for user_id in (admin.user_id, account.id):
                change_access(admin, user_id, is_active=True, role=None, now=NOW)

        for sent in calls.parameters("TransactWriteItems"):
            keys = [str(about["Key"]) for step in sent["TransactItems"] for about in step.values()]
            assert len(keys) == len(set(keys))


def test_accounts_are_listed_in_the_order_of_their_creation_in_one_query() -> None:
    emails = [f"{number}@example.com" for number in range(5)]
    for number, email in enumerate(emails):
        register_user(Registration(email, PASSWORD), source_address=SOURCE, now=NOW + number * SECOND)

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


def own(caller: Caller) -> dict[str, object]:
    return next(item for item in stored("users") if item["user_id"] == caller.user_id)


def fail_from_many_sources(times: int) -> None:
    for number in range(times):
        with pytest.raises(WrongEmailOrPassword):
            log_in_at(NOW + number * SECOND / 100, "wrong password", f"192.0.{number}.1")


def stored_families() -> list[dict[str, object]]:
    return [item for item in stored("ephemeral") if str(item["pk"]).startswith("refresh#")]


def test_the_directory_does_not_hand_out_hashes(account: User) -> None:
    assert "argon2" not in repr(list_users(PageRequest(20)))


def test_the_index_behind_the_list_holds_neither_hashes_nor_generations(account: User) -> None:
    answers: list[dict[str, object]] = []
    client("dynamodb").meta.events.register("after-call.dynamodb.Query", lambda parsed, **_: answers.append(parsed))

    [found] = list_users(PageRequest(20)).items

    assert found == account
    assert "argon2" not in str(answers)
