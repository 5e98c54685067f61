"""FastAPI glue: the app of a route, its caller, errors, pages and request ids."""
