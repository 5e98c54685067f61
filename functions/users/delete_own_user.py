"""DELETE /users/me: the caller is erased."""

from fastapi import APIRouter

from booking.accounts.errors import CurrentPasswordWrong, LastAdmin
from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.fields import RequestBody, ShownPassword
from booking.api.dependencies import Now
from booking.api.errors import refusals
from booking.privacy.delete_own_user import delete_own_user
from booking.privacy.errors import UpcomingBookings

router = APIRouter()


class OwnPassword(RequestBody):
    """The account's password."""

    password: ShownPassword


@router.delete(
    "/users/me",
    summary="Erase yourself",
    status_code=204,
    responses=refusals(CurrentPasswordWrong, UpcomingBookings, LastAdmin),
)
async def endpoint(caller: AnyCaller, body: OwnPassword, now: Now) -> None:
    """Erase the account, and you from everything else. Bookings to come are cancelled; this cannot be undone.

    After a 503 or without an answer, ask again: it goes on where it was, by itself within minutes.
    """
    delete_own_user(caller, body.password, now)


handler = lambda_handler(router)
