"""What the stack reports about itself: log lines, metrics, traces."""
