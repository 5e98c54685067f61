"""DELETE /specialists/me/slots/{id}: take back a slot that nobody holds."""

from fastapi import APIRouter

from booking.calendar.errors import BookedSlot, SlotNotFound
from booking.calendar.slots import delete_slot
from booking.errors import Forbidden, StoreUnavailable, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.caller import SpecialistCaller
from booking.http.errors import documented
from booking.http.source import PathId

router = APIRouter()


@router.delete(
    "/specialists/me/slots/{id}",
    status_code=204,
    responses=documented(Unauthenticated, Forbidden, SlotNotFound, BookedSlot, StoreUnavailable),
    tags=["specialists"],
)
async def remove_slot(caller: SpecialistCaller, slot_id: PathId) -> None:
    """Take a free slot back."""
    delete_slot(caller, slot_id)


handler = lambda_handler(router)
