"""What the groups of routes are about, in the order in which they are shown."""

TAGS = [
    {"name": "auth", "description": "Accounts and sessions: an access token for the other routes, and the next one."},
    {"name": "users", "description": "Who has an account; for the caller itself, and for admins."},
    {
        "name": "specialists",
        "description": "Specialists, what they offer and when: profiles, services, opening hours, slots.",
    },
    {"name": "bookings", "description": "Book a slot, move or cancel the booking, see one's own and one's calendar."},
    {"name": "wait-list", "description": "Wait for a slot that is booked; whoever waits longest gets it."},
    {"name": "operations", "description": "For those who run the service."},
]
