"""The calendar: specialists' profiles, the services they offer, and the slots they open."""
