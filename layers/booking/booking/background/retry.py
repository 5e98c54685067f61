"""Saying that work must be done again later: by the next sweep, or when the stream sends its record again."""


class TryLater(Exception):
    """The item cannot be worked on now; whatever calls for it finds it again."""
