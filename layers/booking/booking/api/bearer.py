"""The `Authorization: Bearer …` header."""

from fastapi.security import HTTPBearer

bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="From `POST /auth/login`.")
