"""How an invocation ended."""

from typing import Literal

type Outcome = Literal["ok", "refused", "unfinished", "failed"]
"""`refused` is the caller's doing, `failed` ours; what is `unfinished` goes on in the next."""
