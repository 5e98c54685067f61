"""POST /auth/email/verification: another link to verify an address."""

from fastapi import APIRouter

from booking.accounts.mailed_links import send_verification
from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.accounts import MailOnItsWay
from booking.api.dependencies import Now

router = APIRouter()


@router.post("/auth/email/verification", summary="Get a new link to verify your address", status_code=202)
async def endpoint(caller: AnyCaller, now: Now) -> MailOnItsWay:
    """Mail a link to the caller's address unless it is verified. The links before it are void."""
    send_verification(caller, now)
    return MailOnItsWay(message="Unless your address is verified, a link is on its way.")


handler = lambda_handler(router)
