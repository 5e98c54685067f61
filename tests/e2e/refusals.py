"""What every refusal looks like, wherever it comes from."""

import re
from typing import Any

import httpx

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
REASON = re.compile(r"[a-z]+(_[a-z]+)*")


def refused(
    answer: httpx.Response, status: int, sentence: str | None = None, *, reason: str | None = None
) -> dict[str, Any]:
    """The body of a refusal, which must have this status and the contract's shape."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["content-type"].startswith("application/json")
    body: dict[str, Any] = answer.json()
    assert body.keys() == {"error", "detail", "request_id"}
    error = body["error"]
    assert error.keys() == {"code", "message", "detail", "reason"}
    assert error["code"] == f"http_{status}"
    assert error["detail"] == body["detail"]
    assert REASON.fullmatch(error["reason"])
    assert isinstance(error["message"], str)
    assert error["message"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert REQUEST_ID.fullmatch(body["request_id"])
    _check_detail(status, body["detail"], error["message"])
    if sentence is not None:
        assert error["message"] == sentence
    if reason is not None:
        assert error["reason"] == reason
    return body


def refused_somehow(answer: httpx.Response) -> dict[str, Any]:
    """The body of any 4xx; a 5xx is never right."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:500]}"
    return refused(answer, answer.status_code)


def _check_detail(status: int, detail: object, message: str) -> None:
    if status != httpx.codes.UNPROCESSABLE_ENTITY or isinstance(detail, str):  # of a 422 with a reason of its own
        assert detail == message
        return
    assert isinstance(detail, list)
    assert detail
    for problem in detail:
        assert problem.keys() == {"loc", "msg", "type"}
