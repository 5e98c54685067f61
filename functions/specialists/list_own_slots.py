"""GET /specialists/me/slots: the caller's own slots."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.bodies.slots import SlotBody
from booking.api.dependencies import Now
from booking.api.errors import refusals
from booking.api.pagination import Pages
from booking.api.slot_filter import WantedSlots
from booking.slots.read import list_own_slots
from booking.slots.rules import Slot
from booking.specialists.errors import ProfileNotFound, ServiceNotFound

router = APIRouter()


@router.get(
    "/specialists/me/slots",
    summary="List your slots",
    response_model=list[SlotBody],
    responses=refusals(ProfileNotFound, ServiceNotFound),
)
async def endpoint(
    caller: SpecialistCaller,
    pages: Pages,
    now: Now,
    wanted: WantedSlots,
) -> Sequence[Slot]:
    """The caller's slots by start, as clients see them."""
    return pages.items(list_own_slots(caller, wanted, pages.wanted, now))


handler = lambda_handler(router)
