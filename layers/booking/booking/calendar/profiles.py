"""Specialists' profiles."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pynamodb.expressions.update import Action

from booking.calendar.errors import ProfileNotFound, SpecialistNotFound
from booking.calendar.rules import DEFAULT_TIME_ZONE, Profile
from booking.calendar.table import LISTED, PROFILE_KEY, ProfileItem
from booking.caller import SPECIALIST_PREFIX, Caller
from booking.platform.clock import to_stored
from booking.platform.ids import is_id
from booking.platform.queries import Page, PageRequest, query_page
from booking.platform.store import ConditionFailed, Contended, Transaction, get, retrying_contention, update


def add_to(transaction: Transaction, specialist: Caller, display_name: str | None, now: datetime) -> None:
    """Makes a new specialist's profile part of the write that makes the account."""
    profile = ProfileItem(
        specialist_id=specialist.specialist_id,
        sk=PROFILE_KEY,
        user_id=specialist.user_id,
        email=specialist.email,
        locale=specialist.locale.value,
        display_name=display_name,
        listed=LISTED if display_name else None,
        profile_order=_order(specialist, now),
    )
    transaction.put(profile, condition=ProfileItem.specialist_id.does_not_exist())


def ensure_in(transaction: Transaction, specialist: Caller, now: datetime) -> None:
    """Makes the profile part of the write if there is none yet."""
    transaction.update(_key(specialist.specialist_id), _creating(specialist, now))


def ensure(caller: Caller, now: datetime) -> None:
    """Admins get a profile when they first offer something; specialists have one from the start."""
    if caller.is_admin:
        update(_key(caller.specialist_id), _creating(caller, now))


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

    The public list shows a profile from its first name on, and no longer when the name is cleared; but a closed one
    never.
    """
    actions = _creating(caller, now, but=changes)
    for name, value in changes.items():
        attribute = getattr(ProfileItem, name)
        actions.append(attribute.remove() if value is None else attribute.set(value))
    profile = _key(caller.specialist_id)
    if changes.get("display_name"):
        return retrying_contention(lambda: _name(profile, actions)).to_profile()
    if "display_name" in changes:
        actions.append(ProfileItem.listed.remove())
    return update(profile, actions).to_profile()


def list_profiles(request: PageRequest) -> Page[Profile]:
    """Specialists with a name, in the order of their creation.

    Earlier releases have listed profiles without one, too; hence the filter.
    """
    named = ProfileItem.display_name.exists()
    page = query_page(ProfileItem.profiles, LISTED, None, request, key_of=_list_key, only=named)
    return page.map(ProfileItem.to_profile)


def find_profile(specialist_id: str) -> ProfileItem | None:
    """The profile as it is stored."""
    return get(ProfileItem, specialist_id, PROFILE_KEY, consistent=True)


def _name(profile: ProfileItem, actions: Sequence[Action]) -> ProfileItem:
    """Carries out actions that give the profile a name, and lists it unless it is closed."""
    try:
        return update(
            profile, [*actions, ProfileItem.listed.set(LISTED)], condition=ProfileItem.closed.does_not_exist()
        )
    except ConditionFailed:
        pass
    try:
        return update(profile, actions, condition=ProfileItem.closed.exists())
    except ConditionFailed as opened_again:
        raise Contended from opened_again


def _key(specialist_id: str) -> ProfileItem:
    return ProfileItem(specialist_id=specialist_id, sk=PROFILE_KEY)


def _creating(specialist: Caller, now: datetime, *, but: Mapping[str, object] | None = None) -> list[Action]:
    """Sets what a profile must have wherever it is missing."""
    values = {
        "user_id": specialist.user_id,
        "email": specialist.email,
        "locale": specialist.locale.value,
        "time_zone": DEFAULT_TIME_ZONE,
        "profile_order": _order(specialist, now),
    }
    attributes = {name: getattr(ProfileItem, name) for name in values if name not in (but or ())}
    return [attribute.set(attribute | values[name]) for name, attribute in attributes.items()]


def _order(specialist: Caller, now: datetime) -> str:
    return f"{to_stored(now)}#{specialist.specialist_id}"


def _list_key(item: ProfileItem) -> Mapping[str, str]:
    return {
        **item.key(),
        "listed": item.listed or "",
        "profile_order": item.profile_order or "",
    }
