"""Headers on every answer: what the browser may load, run, send and keep."""

import logging
import re
import uuid
from base64 import b64encode
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path

import streamlit
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.config import settings

log = logging.getLogger("anbiao")

INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
HOST = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]+)?|\[[0-9A-Fa-f:]+\](:[0-9]+)?")
YEAR_OF_HTTPS = b"max-age=31536000; includeSubDomains"

Headers = list[tuple[bytes, bytes]]

FIXED = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


@cache
def inline_scripts() -> str:
    """Hashes of the scripts that stand in the front end's own page; no other inline script runs."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    hashes = (b64encode(sha256(text).digest()).decode() for text in INLINE.findall(page))
    return " ".join(f"'sha256-{one}'" for one in hashes)


@lru_cache(maxsize=64)
def policy(host: str) -> bytes:
    """The content security policy for pages of a host.

    Styles may stand in the page because the front end writes them; code may be made from text
    because its charts compile expressions. Neither lets a script of somebody else in.
    """
    sockets = f"ws://{host} wss://{host} " if HOST.fullmatch(host) else ""
    parts = (
        "default-src 'self'",
        f"script-src 'self' {inline_scripts()} 'unsafe-eval' 'wasm-unsafe-eval' blob:",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "worker-src 'self' blob:",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        f"connect-src 'self' {sockets}data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return "; ".join(parts).encode()


def _marked(headers: Headers) -> Headers:
    """The headers with every cookie marked Secure, where people come by https."""
    if not settings().public_https:
        return headers
    return [
        (n, v + b"; Secure" if n == b"set-cookie" and b"secure" not in v.lower() else v)
        for n, v in headers
    ]


class SecurityHeaders:
    """Adds the headers to http answers; an answer that brings one of them keeps its own.

    An error that nobody caught becomes an answer with a number; the log has the trace.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to http answers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = next((v for n, v in scope["headers"] if n == b"host"), b"").decode("latin-1")

        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                ours = [(b"content-security-policy", policy(host[:255])), *FIXED]
                if settings().public_https:
                    ours.append((b"strict-transport-security", YEAR_OF_HTTPS))
                if scope["path"].startswith("/media/"):
                    ours.append((b"cache-control", b"no-store"))  # figures and files of one person
                    present.discard(b"cache-control")
                added = [(name, value) for name, value in ours if name not in present]
                replaced = {name for name, _ in added}
                kept = [(n, v) for n, v in message["headers"] if n.lower() not in replaced]
                message = {**message, "headers": _marked([*kept, *added])}
            await send(message)

        try:
            await self.app(scope, receive, with_headers)
        except Exception:
            if begun:
                raise  # the answer is on its way; the server closes it
            number = uuid.uuid4().hex[:8]
            log.exception("error", extra={"number": number})
            answer = PlainTextResponse(f"error {number}", status_code=500)
            await answer(scope, receive, with_headers)
