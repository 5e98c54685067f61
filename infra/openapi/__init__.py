"""The OpenAPI document that `GET /openapi.json` serves: made from the routes when code is built, never at run time.

What routes declare at import is as little as cold starts allow; what only readers and generators of clients need
(examples, the reasons of errors, headers, tags) is added here.
"""

from infra.openapi.assembly import DOCUMENT, document

__all__ = ["DOCUMENT", "document"]
