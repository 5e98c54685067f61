"""What every slice stands on: settings, store, clock, ids, keys, rate limits."""
