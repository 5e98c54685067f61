"""GET /bookings/{id}/calendar.ics: a booking as a file for calendars."""

from fastapi import APIRouter, Response

from booking.errors import Forbidden, Unauthenticated
from booking.http.app import lambda_handler
from booking.http.caller import AnyCaller
from booking.http.errors import documented
from booking.http.source import Now, PathId
from booking.reservations.calendar_file import calendar_file
from booking.reservations.errors import BookingNotFound

router = APIRouter()


@router.get(
    "/bookings/{id}/calendar.ics",
    response_class=Response,
    responses={
        200: {"content": {"text/calendar": {"schema": {"type": "string"}}}},
        **documented(Unauthenticated, Forbidden, BookingNotFound),
    },
    tags=["bookings"],
)
async def download_calendar_file(caller: AnyCaller, booking_id: PathId, now: Now) -> Response:
    """The booking as an event (RFC 5545), for its client, its specialist and admins."""
    return Response(
        calendar_file(caller, booking_id, now),
        media_type="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="{booking_id}.ics"'},
    )


handler = lambda_handler(router)
