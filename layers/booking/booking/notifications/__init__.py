"""What people and other systems are told: mail, reminders, domain events."""
