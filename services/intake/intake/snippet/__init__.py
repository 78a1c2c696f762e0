"""baton.js, the script that a website includes, and its route."""

from intake.snippet.api import snippet_router

__all__ = ["snippet_router"]
