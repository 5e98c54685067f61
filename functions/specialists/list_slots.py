"""GET /specialists/{id}/slots: a specialist's slots."""

from collections.abc import Sequence

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.bodies.slots import SlotBody
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.api.pagination import PublicPages
from booking.api.slot_filter import WantedSlots
from booking.slots.read import list_slots
from booking.slots.rules import Slot
from booking.specialists.errors import ServiceNotFound, SpecialistNotFound

router = APIRouter()


@router.get(
    "/specialists/{id}/slots",
    summary="List a specialist's slots",
    response_model=list[SlotBody],
    responses=refusals(SpecialistNotFound, ServiceNotFound),
)
async def endpoint(
    specialist_id: PathId,
    pages: PublicPages,
    now: Now,
    wanted: WantedSlots,
) -> Sequence[Slot]:
    """Slots by start, those of the opening hours and those opened by hand."""
    return pages.items(list_slots(specialist_id, wanted, pages.wanted, now))


handler = lambda_handler(router)
