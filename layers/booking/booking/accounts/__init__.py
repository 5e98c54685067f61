"""Accounts: who there is, how they prove it, what they may do."""
