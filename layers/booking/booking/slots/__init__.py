"""Slots and their wait-lists: who holds whose time, and who waits for it."""
