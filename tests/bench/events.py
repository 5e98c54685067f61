"""Events as API Gateway hands them to functions."""

from typing import Any


def rest_event(method: str, path: str, *, body: str | None = None, token: str | None = None) -> dict[str, Any]:
    """A REST API proxy event (payload format 1.0)."""
    headers = {"Host": "api.example.com", "Content-Type": "application/json", "Accept": "*/*"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "bench",
            "identity": {"sourceIp": "192.0.2.1"},
            "path": f"/v1{path}",
            "stage": "v1",
            "httpMethod": method,
            "resourcePath": path,
        },
        "body": body,
        "isBase64Encoded": False,
    }
