"""Making accounts."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from booking.accounts.addresses import new_address
from booking.accounts.errors import EmailTaken, SpecialistRegistrationClosed
from booking.accounts.mailed_links import Purpose, ask_for_mail
from booking.accounts.passwords import hash_password
from booking.accounts.table import EmailClaimItem, UserItem, claim_key
from booking.accounts.user import User
from booking.caller import USER_PREFIX, Locale, Role
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import TransactionCanceled
from booking.dynamodb.transaction import Transaction
from booking.errors import StoreUnavailable
from booking.rate_limit import RateLimit, count_attempt, source_network
from booking.runtime.ids import new_id
from booking.runtime.settings import settings
from booking.specialists import profiles


@dataclass(frozen=True, slots=True)
class Registration:
    """What a new account is made of; `display_name` goes into a specialist's profile, too."""

    email: str
    password: str
    role: Role = Role.CLIENT
    display_name: str | None = None
    locale: Locale = Locale.EN


def register_user(registration: Registration, *, source_address: str, now: datetime) -> User:
    """A new account; a specialist's profile is made in the same write.

    A link to verify the address is mailed; where that cannot be asked for, the account is made all the same.
    Raises `AddressRejected`, `EmailTaken`, `SpecialistRegistrationClosed`, `TooManyRequests`.
    """
    count_attempt(_rate_limit(), source_network(source_address), now)
    if registration.role is Role.SPECIALIST and settings().specialist_registration == "closed":
        raise SpecialistRegistrationClosed
    user = create_account(registration, now)
    with suppress(StoreUnavailable):
        ask_for_mail(Purpose.VERIFICATION, user.email)
    return user


def create_account(registration: Registration, now: datetime) -> User:
    """A new account, whoever asks for it. Raises `AddressRejected`, `EmailTaken`."""
    user = UserItem(
        user_id=new_id(USER_PREFIX),
        email=new_address(registration.email),
        password_hash=hash_password(registration.password),
        role=registration.role,
        locale=registration.locale,
        display_name=registration.display_name,
        created_at=now,
    )
    claim = EmailClaimItem(user_id=claim_key(user.email), holder=user.user_id)
    transaction = Transaction()
    claimed = transaction.put(claim, condition=EmailClaimItem.user_id.does_not_exist())
    transaction.put(user, condition=UserItem.user_id.does_not_exist())
    if registration.role is Role.SPECIALIST:
        profiles.add_to(transaction, user.to_user().as_caller(), registration.display_name, now)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        if failure.failed(claimed):
            raise EmailTaken from None
        raise
    return user.to_user()


def _rate_limit() -> RateLimit:
    return RateLimit(
        "register",
        settings().auth_register_max_attempts,
        settings().auth_rate_limit_window_seconds,
    )
