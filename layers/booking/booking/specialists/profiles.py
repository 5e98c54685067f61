"""Specialists' profiles."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from booking.caller import SPECIALIST_PREFIX, Caller, specialist_id_of
from booking.dynamodb.contention import retrying_contention
from booking.dynamodb.errors import ConditionFailed, Step, TransactionCanceled
from booking.dynamodb.items import get, get_all, update
from booking.dynamodb.queries import Page, PageRequest, query_page
from booking.dynamodb.transaction import Transaction
from booking.errors import Forbidden
from booking.runtime.clock import epoch_seconds, to_stored
from booking.runtime.ids import is_id
from booking.specialists.errors import ProfileNotFound, SpecialistNotFound
from booking.specialists.rules import DEFAULT_TIME_ZONE, BookingMail, Profile
from booking.specialists.table import LISTED, PROFILE_KEY, ProfileItem, digest_timer


def add_to(transaction: Transaction, specialist: Caller, display_name: str | None, now: datetime) -> None:
    """Makes a new specialist's profile part of the write that makes the account."""
    profile = ProfileItem(
        specialist_id=specialist.specialist_id,
        sk=PROFILE_KEY,
        user_id=specialist.user_id,
        email=specialist.email,
        locale=specialist.locale,
        display_name=display_name,
        listed=LISTED if display_name else None,
        profile_order=_order(specialist, now),
    )
    transaction.put(profile, condition=ProfileItem.specialist_id.does_not_exist())


def open_in(transaction: Transaction, profile: ProfileItem) -> None:
    """Makes part of the write that the profile's holder may offer something; it is listed if it has a name."""
    transaction.update(_key(profile.specialist_id), _opening(profile), condition=_is_named_as(profile))


def close_in(transaction: Transaction, specialist: Caller, now: datetime) -> None:
    """Makes part of the write that the profile is off the public list and its holder may offer nothing.

    One that does not exist yet is made, so that a token that is still valid cannot make it.
    """
    closing = [ProfileItem.listed.remove(), ProfileItem.closed.set(True)]  # the attribute's value
    transaction.update(_key(specialist.specialist_id), [*_creating(specialist, now), *closing])


def erase_in(transaction: Transaction, user_id: str, until: datetime) -> None:
    """Makes part of the write that there is no profile, nor will be one before `until`, whoever still has a token."""
    erased = ProfileItem(
        specialist_id=specialist_id_of(user_id),
        sk=PROFILE_KEY,
        user_id=user_id,
        closed=True,
        erased=True,
        expires_at=epoch_seconds(until),
    )
    transaction.put(erased)


def reopen(specialist: Caller) -> None:
    """Opens the profile again if there is one that was closed."""
    profile = find_profile(specialist.specialist_id)
    if profile is None:
        return
    is_unchanged = ProfileItem.closed.exists() & _is_named_as(profile)  # nobody changes a profile while it is closed
    with suppress(ConditionFailed):
        update(_key(profile.specialist_id), _opening(profile), condition=is_unchanged)


def note_verified(profile: ProfileItem) -> None:
    """The profile says from now on that its address is verified, if it is still there."""
    with suppress(ConditionFailed):
        update(
            _key(profile.specialist_id), [ProfileItem.email_verified.set(True)], condition=ProfileItem.user_id.exists()
        )


def commit_while_open(transaction: Transaction, specialist_id: str) -> None:
    """Writes all steps, if the profile is not closed. Raises `Forbidden` if it is, and `TransactionCanceled`."""
    is_open = check_open_in(transaction, specialist_id)
    try:
        retrying_contention(transaction.commit)
    except TransactionCanceled as failure:
        if failure.failed(is_open):
            raise Forbidden from None
        raise


def check_open_in(transaction: Transaction, specialist_id: str) -> Step:
    """The write happens only if the profile is not closed."""
    return transaction.check(_key(specialist_id), ProfileItem.closed.does_not_exist())


def check_closed_in(transaction: Transaction, specialist_id: str) -> Step:
    """The write happens only if the profile is closed."""
    return transaction.check(_key(specialist_id), ProfileItem.closed.exists())


def ensure(caller: Caller, now: datetime) -> None:
    """Admins get a profile when they first offer something; specialists have one from the start.

    Raises `Forbidden` if the caller's account is deactivated.
    """
    if caller.is_admin:
        _change(caller, _creating(caller, now))


def get_profile(specialist_id: str) -> Profile:
    """Raises `SpecialistNotFound`."""
    check_specialist_id(specialist_id)
    item = find_profile(specialist_id)
    if item is None:
        raise SpecialistNotFound
    return item.to_profile()


def check_specialist_id(specialist_id: str) -> None:
    """Raises `SpecialistNotFound` for what cannot be a specialist's id; the store never sees it."""
    if not is_id(SPECIALIST_PREFIX, specialist_id):
        raise SpecialistNotFound


def get_own_profile(caller: Caller) -> Profile:
    """Raises `ProfileNotFound`."""
    with own_profile():
        return get_profile(caller.specialist_id)


@contextmanager
def own_profile() -> Iterator[None]:
    """Where the caller is the specialist: what is not found is its profile. Raises `ProfileNotFound`."""
    try:
        yield
    except SpecialistNotFound:
        raise ProfileNotFound from None


def time_zone_of(specialist_id: str) -> ZoneInfo:
    """Whose days are the specialist's."""
    item = find_profile(specialist_id)
    return ZoneInfo(item.time_zone if item else DEFAULT_TIME_ZONE)


def update_own_profile(caller: Caller, changes: Mapping[str, str | None], now: datetime) -> Profile:
    """Sets the given fields, those that `PATCH /specialists/me` names; None clears a text.

    The public list shows a profile from its first name on, and no longer when the name is cleared. Raises `Forbidden`
    if the caller's account is deactivated.
    """
    actions = _creating(caller, now, leaving_out=changes)
    for name, value in changes.items():
        attribute = getattr(ProfileItem, name)
        actions.append(attribute.remove() if value is None else attribute.set(value))
    if changes.get("display_name"):
        actions.append(ProfileItem.listed.set(LISTED))
    elif "display_name" in changes:
        actions.append(ProfileItem.listed.remove())
    return _change(caller, [*actions, *_timing_digests(caller, changes, now)]).to_profile()


def list_profiles(request: PageRequest) -> Page[Profile]:
    """Specialists with a name, in the order of their creation.

    Earlier releases have listed profiles without one, too; hence the filter.
    """
    named = ProfileItem.display_name.exists()
    page = query_page(ProfileItem.profiles, LISTED, None, request, key_of=_list_key, only=named)
    return page.map(ProfileItem.to_profile)


def find_profile(specialist_id: str) -> ProfileItem | None:
    """The profile as it is stored; None for a specialist who was erased."""
    item = get(ProfileItem, specialist_id, PROFILE_KEY, consistent=True)
    return None if item is None or item.erased else item


def names_of(specialist_ids: Collection[str]) -> Mapping[str, str | None]:
    """The names of these specialists, at most 100; one read unless there is none of them."""
    if not specialist_ids:
        return {}
    found = get_all(ProfileItem, [(specialist_id, PROFILE_KEY) for specialist_id in specialist_ids])
    items = [ProfileItem.from_old(raw) for raw in found]
    return {item.specialist_id: item.display_name for item in items}


def _timing_digests(caller: Caller, changes: Mapping[str, str | None], now: datetime) -> Iterator[Action]:
    """Whoever works off the timers finds the morning; what was told already is not told again by a repeat."""
    if {"time_zone", "booking_mail"} & changes.keys():
        yield ProfileItem.due_at.set(now)
    if changes.get("booking_mail") == BookingMail.DAILY:
        yield ProfileItem.timer.set(digest_timer(caller.specialist_id))
        yield ProfileItem.news_since.set(ProfileItem.news_since | now)
    elif "booking_mail" in changes:
        yield from (ProfileItem.timer.remove(), ProfileItem.news_since.remove())


def _opening(profile: ProfileItem) -> list[Action]:
    listing = [ProfileItem.listed.set(LISTED)] if profile.display_name else []
    return [ProfileItem.closed.remove(), *listing]


def _is_named_as(profile: ProfileItem) -> Condition:
    name = profile.display_name
    named: Condition = ProfileItem.display_name == name if name else ProfileItem.display_name.does_not_exist()
    return named


def _change(caller: Caller, actions: Sequence[Action]) -> ProfileItem:
    try:
        return update(_key(caller.specialist_id), actions, condition=ProfileItem.closed.does_not_exist())
    except ConditionFailed:
        raise Forbidden from None


def _key(specialist_id: str) -> ProfileItem:
    return ProfileItem(specialist_id=specialist_id, sk=PROFILE_KEY)


def _creating(specialist: Caller, now: datetime, *, leaving_out: Collection[str] = ()) -> list[Action]:
    """Sets what a profile must have wherever it is missing."""
    values = {
        "user_id": specialist.user_id,
        "email": specialist.email,
        "locale": specialist.locale,
        "time_zone": DEFAULT_TIME_ZONE,
        "profile_order": _order(specialist, now),
    }
    attributes = {name: getattr(ProfileItem, name) for name in values if name not in leaving_out}
    return [attribute.set(attribute | values[name]) for name, attribute in attributes.items()]


def _order(specialist: Caller, now: datetime) -> str:
    return f"{to_stored(now)}#{specialist.specialist_id}"


def _list_key(item: ProfileItem) -> Mapping[str, str]:
    return {
        **item.key(),
        "listed": item.listed or "",
        "profile_order": item.profile_order or "",
    }
