"""DELETE /specialists/me/slots/{id}: take back a slot that nobody holds."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import SpecialistCaller
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.bookings.delete import delete_slot
from booking.slots.errors import BookedSlot, SlotNotFound

router = APIRouter()


@router.delete(
    "/specialists/me/slots/{id}",
    operation_id="deleteSlot",
    summary="Delete a slot",
    status_code=204,
    responses=refusals(SlotNotFound, BookedSlot),
    tags=["specialists"],
)
async def endpoint(caller: SpecialistCaller, slot_id: PathId, now: Now) -> None:
    """Take a free slot back."""
    delete_slot(caller, slot_id, now)


handler = lambda_handler(router)
