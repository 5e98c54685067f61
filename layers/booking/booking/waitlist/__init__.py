"""The wait-list: who gets a booked slot when it becomes free."""
