"""GET /bookings/{id}/calendar.ics: a booking as a file for calendars."""

from fastapi import APIRouter, Response

from booking.api.application import lambda_handler
from booking.api.authentication import CallerOrGuest
from booking.api.dependencies import Now, PathId
from booking.api.errors import refusals
from booking.bookings.calendar_file import get_calendar_file
from booking.bookings.errors import BookingNotFound
from booking.errors import Forbidden

router = APIRouter()


@router.get(
    "/bookings/{id}/calendar.ics",
    summary="Get a booking as a calendar file",
    response_class=Response,
    responses={
        200: {
            "content": {"text/calendar": {"schema": {"type": "string"}}},
            "headers": {"Content-Disposition": {"schema": {"type": "string"}, "example": "attachment"}},
        },
        **refusals(Forbidden, BookingNotFound),
    },
)
async def endpoint(caller: CallerOrGuest, booking_id: PathId, now: Now) -> Response:
    """The booking as an event (RFC 5545), for its client or guest, its specialist and admins."""
    return Response(
        get_calendar_file(caller, booking_id, now),
        media_type="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="{booking_id}.ics"'},
    )


handler = lambda_handler(router)
