"""How often one address may ask.

Counted in this process; waits after wrong passwords, which must hold over all processes, are
counted in the database (:mod:`portal.services.throttle`).
"""

import logging

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.config import settings

ANYTHING = RateLimitItemPerMinute(6_000)
"""All requests of an address: a first visit asks for some sixty files, and a whole office may
stand behind one address."""

TYPING = RateLimitItemPerMinute(240)
"""Looks at the strength of a password while it is typed."""

TOLD = RateLimitItemPerMinute(1)

_limiter = FixedWindowRateLimiter(MemoryStorage())
log = logging.getLogger("anbiao")


def allow(rule: RateLimitItem, kind: str, address: str) -> bool:
    """Count one request and say whether it is within the rule."""
    return _limiter.hit(rule, kind, address)


def allow_form(address: str) -> bool:
    """Count a form of the entrance (sign-in, code, password, link)."""
    return allow(RateLimitItemPerMinute(settings().forms_per_minute), "forms", address)


def first_time(kind: str, address: str) -> bool:
    """Whether nothing has been said of this address in the present minute."""
    return _limiter.hit(TOLD, f"told {kind}", address)


class RateLimit:
    """Refuses an address that asks more often than people do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check http and web socket requests."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else ""
        if allow(ANYTHING, "anything", address):
            await self.app(scope, receive, send)
            return
        if first_time("anything", address):
            log.warning("too many requests of one address")
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4429})
            return
        answer = PlainTextResponse("429", status_code=429, headers={"retry-after": "60"})
        await answer(scope, receive, send)
