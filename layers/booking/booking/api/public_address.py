"""The addresses under which clients reach the API."""

from fastapi import Request


def public_prefix(request: Request) -> str:
    """What stands before our paths in the address that the client used.

    That is the stage's path, unless a proxy in front of the gateway says otherwise.
    """
    told = request.headers.get("x-forwarded-prefix")
    if told is not None:
        return told.rstrip("/")
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    return str(context.get("path", "")).removesuffix(request.url.path)
