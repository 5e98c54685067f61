"""Specialists' profiles."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from pynamodb.expressions.update import Action

from booking.calendar.errors import ProfileNotFound, SpecialistNotFound
from booking.calendar.rules import DEFAULT_TIME_ZONE, Profile
from booking.calendar.table import LISTED, PROFILE_KEY, ProfileItem
from booking.caller import SPECIALIST_PREFIX, Caller
from booking.errors import Forbidden
from booking.platform.clock import to_stored
from booking.platform.ids import is_id
from booking.platform.queries import Page, PageRequest, query_page
from booking.platform.store import ConditionFailed, Step, Transaction, get, update


def add_to(transaction: Transaction, specialist: Caller, display_name: str | None, now: datetime) -> None:
    """Makes a new specialist's profile part of the write that makes the account."""
    profile = ProfileItem(
        specialist_id=specialist.specialist_id,
        sk=PROFILE_KEY,
        user_id=specialist.user_id,
        email=specialist.email,
        locale=specialist.locale.value,
        display_name=display_name,
        listed=LISTED,
        profile_order=_order(specialist, now),
    )
    transaction.put(profile, condition=ProfileItem.specialist_id.does_not_exist())


def open_in(transaction: Transaction, specialist: Caller, now: datetime) -> None:
    """Makes part of the write that there is a profile, on the public list, whose holder may offer something."""
    transaction.update(_key(specialist.specialist_id), [*_creating(specialist, now), ProfileItem.closed.remove()])


def close_in(transaction: Transaction, specialist: Caller, now: datetime) -> None:
    """Makes part of the write that the profile is off the public list and its holder may offer nothing.

    One that does not exist yet is made, so that a token that is still valid cannot make it.
    """
    closing = [ProfileItem.listed.remove(), ProfileItem.closed.set(True)]  # the attribute's value
    transaction.update(_key(specialist.specialist_id), [*_creating(specialist, now, but=("listed",)), *closing])


def reopen(specialist: Caller) -> None:
    """Opens the profile again if there is one that was closed."""
    opening = [ProfileItem.listed.set(LISTED), ProfileItem.closed.remove()]
    with suppress(ConditionFailed):
        update(_key(specialist.specialist_id), opening, condition=ProfileItem.closed.exists())


def check_open_in(transaction: Transaction, specialist_id: str) -> Step:
    """The write happens only if the profile is not closed."""
    return transaction.check(_key(specialist_id), ProfileItem.closed.does_not_exist())


def ensure(caller: Caller, now: datetime) -> None:
    """Admins get a profile when they first offer something; specialists have one from the start.

    Raises `Forbidden` if the caller's account is deactivated.
    """
    if caller.is_admin:
        _change(caller, _creating(caller, now))


def profile_of(specialist_id: str) -> Profile:
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


def own_profile(caller: Caller) -> Profile:
    """Raises `ProfileNotFound`."""
    item = find_profile(caller.specialist_id)
    if item is None:
        raise ProfileNotFound
    return item.to_profile()


def change_own_profile(caller: Caller, changes: Mapping[str, str | None], now: datetime) -> Profile:
    """Sets the given fields of `display_name`, `description`, `time_zone` and `locale`; None clears a text.

    Raises `Forbidden` if the caller's account is deactivated.
    """
    actions = _creating(caller, now, but=changes)
    for name, value in changes.items():
        attribute = getattr(ProfileItem, name)
        actions.append(attribute.remove() if value is None else attribute.set(value))
    return _change(caller, actions).to_profile()


def list_profiles(request: PageRequest) -> Page[Profile]:
    """All specialists, in the order of their creation."""
    page = query_page(ProfileItem.profiles, LISTED, None, request, key_of=_list_key)
    return page.map(ProfileItem.to_profile)


def find_profile(specialist_id: str) -> ProfileItem | None:
    """The profile as it is stored."""
    return get(ProfileItem, specialist_id, PROFILE_KEY, consistent=True)


def _change(caller: Caller, actions: Sequence[Action]) -> ProfileItem:
    try:
        return update(_key(caller.specialist_id), actions, condition=ProfileItem.closed.does_not_exist())
    except ConditionFailed:
        raise Forbidden from None


def _key(specialist_id: str) -> ProfileItem:
    return ProfileItem(specialist_id=specialist_id, sk=PROFILE_KEY)


def _creating(specialist: Caller, now: datetime, *, but: Collection[str] = ()) -> list[Action]:
    """Sets what a profile must have wherever it is missing."""
    values = {
        "user_id": specialist.user_id,
        "email": specialist.email,
        "locale": specialist.locale.value,
        "time_zone": DEFAULT_TIME_ZONE,
        "listed": LISTED,
        "profile_order": _order(specialist, now),
    }
    attributes = {name: getattr(ProfileItem, name) for name in values if name not in but}
    return [attribute.set(attribute | values[name]) for name, attribute in attributes.items()]


def _order(specialist: Caller, now: datetime) -> str:
    return f"{to_stored(now)}#{specialist.specialist_id}"


def _list_key(item: ProfileItem) -> Mapping[str, str]:
    return {
        **item.key(),
        "listed": item.listed or "",
        "profile_order": item.profile_order or "",
    }
