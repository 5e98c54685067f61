"""Notifications: mail, reminders, domain events."""
