"""The mornings on which operations meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from booking.accounts.table import UserItem
from booking.administration.update_user import update_user
from booking.dynamodb.items import update
from tests.instants import NOW
from tests.interleavings.operation import Operation
from tests.interleavings.operations import operations
from tests.interleavings.operations_of_hours import operations_of_hours
from tests.interleavings.store import Snapshot, Store
from tests.interleavings.world import Morning, a_morning
from tests.interleavings.world_of_hours import a_morning_of_hours

OPENED = "opened by hand"
CLOSED = "opened by hand, the specialist deactivated"
INACTIVE = "opened by hand, Wanda deactivated and still in line"
HOURS = "opening hours"


@dataclass(frozen=True)
class World:
    """What is stored before the operations begin, and the operations."""

    before: Snapshot
    operations: Mapping[str, Operation]


def a_world(store: Store, name: str) -> World:
    """The world of that name, in an empty store."""
    store.restore(Store().snapshot())
    found = _MAKERS[name]()
    return World(store.snapshot(), found)


def _opened(change: Callable[[Morning], object] = lambda _: None) -> Mapping[str, Operation]:
    morning = a_morning()
    change(morning)
    return operations(morning)


def _deactivate_the_specialist(morning: Morning) -> None:
    update_user(morning.admin, morning.specialist.user_id, is_active=False, role=None, now=NOW)


def _deactivate_wanda(morning: Morning) -> None:
    """As far as a run has come that ended before it has removed her from the wait-list."""
    update(UserItem(user_id=morning.wanda.user_id), [UserItem.is_active.set(False)])  # the attribute's


_MAKERS: Mapping[str, Callable[[], Mapping[str, Operation]]] = {
    OPENED: _opened,
    CLOSED: partial(_opened, _deactivate_the_specialist),
    INACTIVE: partial(_opened, _deactivate_wanda),
    HOURS: lambda: operations_of_hours(a_morning_of_hours()),
}
