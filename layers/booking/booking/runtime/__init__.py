"""What every slice stands on: settings, clock, ids, keys, the session with AWS."""
