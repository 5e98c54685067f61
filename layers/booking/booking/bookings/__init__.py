"""Bookings: who holds which slot. What this project exists for.

Each change is one atomic write over booking, slot and wait-list, so that a slot is booked exactly while
one confirmed booking points at it, whatever crashes in between.
"""
