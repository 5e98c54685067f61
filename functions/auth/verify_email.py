"""POST /auth/email/verify: a mailed link shows whose an address is."""

from fastapi import APIRouter

from booking.accounts.errors import TokenNotValid
from booking.administration.verify_email import verify_email
from booking.api.application import lambda_handler
from booking.api.bodies.accounts import LinkToken
from booking.api.dependencies import Now, SourceAddress
from booking.api.errors import refusals

router = APIRouter()


@router.post(
    "/auth/email/verify",
    summary="Verify your address with a mailed link",
    status_code=204,
    responses=refusals(TokenNotValid),
)
async def endpoint(body: LinkToken, source_address: SourceAddress, now: Now) -> None:
    """Verify the address. The token is good for one day and one use."""
    verify_email(body.token, source_address=source_address, now=now)


handler = lambda_handler(router)
