"""GET /users/me/export: all that is stored about the caller."""

from fastapi import APIRouter

from booking.api.application import lambda_handler
from booking.api.authentication import AnyCaller
from booking.api.bodies.export import ExportBody
from booking.api.dependencies import Now
from booking.api.pagination import ExportPages
from booking.privacy.export_own_user import ExportPart, export_own_user

router = APIRouter()


@router.get("/users/me/export", summary="Get all that is stored about you", response_model=ExportBody)
async def endpoint(caller: AnyCaller, pages: ExportPages, now: Now) -> ExportPart:
    """The account, its sessions, its wait-list entries, what it offers, and its bookings: those made, then those taken.

    As many bookings as `limit` says come at once; when more follow, `Link` says where.
    """
    (part,) = pages.items(export_own_user(caller, pages.wanted, now))
    return part


handler = lambda_handler(router)
