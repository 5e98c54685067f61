"""From a router to something that answers: an ASGI app, and the Lambda handler around it."""

from fastapi import APIRouter, Depends, FastAPI
from mangum import Mangum
from starlette.types import ASGIApp

from booking.api import errors
from booking.api.middleware import with_body_limit, with_request_id, with_response_headers
from booking.api.observation import observed
from booking.api.undeclared import refuse_undeclared_input
from booking.runtime.termination import before_the_end
from booking.telemetry import metrics


def application(*routers: APIRouter) -> ASGIApp:
    """The app of these routes, which take nothing but what they declare.

    It serves no documents of its own; those are routes, too.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for router in routers:
        app.include_router(router, dependencies=[Depends(refuse_undeclared_input)])
    errors.install(app)
    return with_request_id(observed(with_response_headers(with_body_limit(app))))


def lambda_handler(router: APIRouter) -> Mangum:
    """What a route's module gives to Lambda as its `handler`."""
    before_the_end(metrics.flush)
    return Mangum(application(router), lifespan="off")  # type: ignore[arg-type]  # it wants coroutines by their type
