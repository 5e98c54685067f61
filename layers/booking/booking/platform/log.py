"""Logs: one JSON line per event, each with the id of the request that it belongs to.

No token, password, e-mail address or body is ever logged.
"""

from aws_lambda_powertools import Logger

logger = Logger(location=None, taskName=None)
