"""GET /baton.js: the same bytes for everybody, kept by browsers and asked for again by their ETag."""

import gzip
import hashlib
from importlib.resources import files

from fastapi import APIRouter, Request, Response

PATH = "/baton.js"
_KEPT_SECONDS = 86_400
_HEADERS = {
    "Cache-Control": f"public, max-age={_KEPT_SECONDS}",
    "Access-Control-Allow-Origin": "*",  # for pages that name a checksum of it (SRI)
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}
_CONTENT = {"text/javascript": {"schema": {"type": "string"}}}


def script() -> bytes:
    """The script as it is written."""
    return (files("intake.snippet") / "baton.js").read_bytes()


def snippet_router() -> APIRouter:
    """The script's route."""
    router = APIRouter(tags=["submissions"])
    plain = script()
    packed = gzip.compress(plain, mtime=0)
    tag = hashlib.sha256(plain).hexdigest()[:20]

    @router.get(
        PATH,
        response_class=Response,
        responses={
            200: {"description": "The script.", "content": _CONTENT},
            304: {"description": "The script that the caller has, named in If-None-Match, is this one."},
        },
    )
    async def baton_js(request: Request) -> Response:
        """The script that sends `<form data-baton="KEY">` and tells where its visitor came from."""
        is_packed = "gzip" in request.headers.get("accept-encoding", "")
        headers = _HEADERS | {"ETag": f'"{tag}{"-gz" if is_packed else ""}"'}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if is_packed:
            headers |= {"Content-Encoding": "gzip"}
        return Response(packed if is_packed else plain, media_type="text/javascript", headers=headers)

    return router
