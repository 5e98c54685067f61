"""Work that nobody waits for: runs, sweeps, dead letters."""
