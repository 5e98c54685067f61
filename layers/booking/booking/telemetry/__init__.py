"""What the stack tells about itself: log lines, metrics, traces."""
