"""Logs: one JSON line per event, each with the id of the request or run that it belongs to.

No token, password, e-mail address or body is ever logged.
"""

import logging

from aws_lambda_powertools import Logger

# One event is served at a time, so that a task's name says nothing.
logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # typeshed leaves this one out

logger = Logger(location=None)
