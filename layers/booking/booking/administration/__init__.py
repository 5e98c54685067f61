"""What a changed account means for its profile, slots and wait-lists: use cases over more than one slice."""
