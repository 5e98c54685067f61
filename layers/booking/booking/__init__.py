"""What the Booking API's functions share: the rules of booking and the glue around them."""

__version__ = "0.2.0"
