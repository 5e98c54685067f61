"""What people can ask for about their data: all of it, or that it goes. Use cases over every slice."""
