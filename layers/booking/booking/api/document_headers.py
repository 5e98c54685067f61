"""What a page for people is sent with."""

PAGE_HEADERS = {
    # The pages carry a small script of their own; everything else comes from this API.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; worker-src blob:; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}
