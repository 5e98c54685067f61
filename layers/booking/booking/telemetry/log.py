"""Logs: one JSON line per event, each with its function and the id of the request or run that it belongs to.

No token, password, e-mail address or body is ever logged.
"""

import logging
import os

from aws_lambda_powertools import Logger

# One event is served at a time, so that a task's name says nothing.
logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # typeshed leaves this one out

# Functions share a log group. Not from the settings, which know only whole stacks: tools log, too.
logger = Logger(location=None, function_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))
