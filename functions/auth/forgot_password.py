"""POST /auth/password/forgot: a link to choose a new password."""

from fastapi import APIRouter

from booking.accounts.mailed_links import forgot_password
from booking.api.application import lambda_handler
from booking.api.bodies.accounts import MailOnItsWay
from booking.api.bodies.email import KnownEmail
from booking.api.bodies.fields import RequestBody
from booking.api.dependencies import Now, SourceAddress

router = APIRouter()


class ForgottenPassword(RequestBody):
    """Whose password it is."""

    email: KnownEmail


@router.post("/auth/password/forgot", summary="Get a link to choose a new password", status_code=202)
async def endpoint(body: ForgottenPassword, source_address: SourceAddress, now: Now) -> MailOnItsWay:
    """Mail a link to the address if it has an account; the answer does not say. The links before it are void."""
    forgot_password(body.email, source_address=source_address, now=now)
    return MailOnItsWay(message="If there is an account with this address, a link is on its way.")


handler = lambda_handler(router)
