"""What every request passes: the session gate, security headers, the words of the front end.

Pure ASGI classes, so that web sockets pass through them too.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import anyio
import anyio.to_thread
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal import i18n
from portal.config import settings
from portal.domain.people import User
from portal.services import account_log, context, housekeeping, sessions
from portal.services.account_log import Place
from portal.ui import origins
from portal.ui.navigation import addresses
from portal.ui.rate_limit import RateLimit, first_time
from portal.ui.security_headers import SecurityHeaders

LANGUAGE_COOKIE = "anbiao_language"
SESSION_HEADER = b"x-anbiao-session"

OPEN_PAGES = frozenset(
    {
        "/login",
        "/second-factor",
        "/password",
        "/password-strength",
        "/setup",
        "/logout",
        "/single-sign-on",
        "/oauth2callback",
        "/health",
        "/_stcore/health",
        "/favicon.png",
        "/favicon.ico",
    }
)
OPEN_FOLDERS = ("/language/", "/assets/", "/static/", "/welcome/")
"""What needs no session: the entrance, which asks for itself who is there, and the program of the
front end, which is public."""

METRICS = "/_stcore/metrics"
"""Figures of the process, for nobody who only has a session."""

PARTS = ("/_stcore/", "/media/", "/component/", "/evidence/")
"""Addresses of several parts that lead somewhere."""

log = logging.getLogger("anbiao")


def is_open(path: str) -> bool:
    """Whether a path needs no session."""
    return path in OPEN_PAGES or path.startswith(OPEN_FOLDERS)


def cookie_name() -> str:
    """Name of the session cookie; the prefix lets browsers refuse one set by another site."""
    return "__Host-anbiao_session" if settings().public_https else "anbiao_session"


def session_of(scope: Scope) -> str:
    """What names the session of a request inside the portal; empty without a cookie."""
    token = cookies_of(scope).get(cookie_name())
    return sessions.token_hash(token) if token else ""


def place_of(scope: Scope) -> Place:
    """Where a request comes from. Behind a proxy the address is the one that the proxy names."""
    client = scope.get("client")
    agent = next((v for n, v in scope["headers"] if n == b"user-agent"), b"")
    return account_log.place(client[0] if client else "", agent.decode("latin-1"))


def cookies_of(scope: Scope) -> dict[str, str]:
    """Cookies of a request; an odd one of another program does not hide ours."""
    raw = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return cookie_parser(raw.decode("latin-1"))


def language_of(scope: Scope) -> str:
    """Language by choice (cookie), else by the browser's wish."""
    chosen = cookies_of(scope).get(LANGUAGE_COOKIE)
    if chosen in i18n.LANGUAGES:
        return chosen
    wish = next((v for n, v in scope["headers"] if n == b"accept-language"), b"")
    return i18n.choose(wish.decode("latin-1"))


class SessionGate:
    """Lets nobody past the entrance without a session, and tells the screens which one it is.

    The header that carries the session is ours alone: a copy sent by a client is dropped.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check http and web socket requests."""
        if scope["type"] not in ("http", "websocket") or is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        if not _own_socket(scope):
            _note_once("web socket of another site", scope)
            await _refuse(scope, receive, send)
            return
        if scope["path"] == METRICS:
            _note_once("closed figures", scope)
            await _refuse(scope, receive, send)
            return
        session = session_of(scope)
        user = await anyio.to_thread.run_sync(sessions.user_of, session) if session else None
        if user is None:
            await _refuse(scope, receive, send)
            return
        if _is_lost(scope, user):
            await RedirectResponse("/", status_code=303)(scope, receive, send)
            return
        headers = [(n, v) for n, v in scope["headers"] if n != SESSION_HEADER]
        headers.append((SESSION_HEADER, session.encode()))
        await self.app({**scope, "headers": headers}, receive, send)


def _note_once(what: str, scope: Scope) -> None:
    """Tell the operator's log, once a minute for an address."""
    where = place_of(scope).address
    if first_time(what, where):
        log.warning(what, extra={"address": where})


def _own_socket(scope: Scope) -> bool:
    """Whether a web socket is asked for by one of our pages; browsers always say where from.

    Streamlit itself would let a request without an origin through.
    """
    if scope["type"] != "websocket":
        return True
    said = [v.decode("latin-1") for n, v in scope["headers"] if n == b"origin"]
    hosts = [v.decode("latin-1") for n, v in scope["headers"] if n == b"host"]
    if len(said) != 1 or len(hosts) != 1:
        return False
    return origins.is_ours(said[0], hosts[0])


def _is_lost(scope: Scope, user: User) -> bool:
    """Whether somebody opens an address that is no page of the role they act in.

    The front end would show a notice in English there; below a page it would stay blank,
    because it asks for its parts relative to the address.
    """
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    accept = next((v for n, v in scope["headers"] if n == b"accept"), b"")
    place = scope["path"].strip("/")
    known = not place or place in addresses(user.role) or scope["path"].startswith(PARTS)
    return b"text/html" in accept and not known


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4401})
        return
    target = "/login"
    if scope["method"] == "GET" and not scope["path"].startswith(("/_stcore", "/media", "/static")):
        query = scope["query_string"].decode("latin-1")
        place = scope["path"] + (f"?{query}" if query else "")
        if place != "/":
            target = f"/login?next={quote(place)}"
    await RedirectResponse(target, status_code=303)(scope, receive, send)


class FrontEndWords:
    """Gives the page its language and the script that words Streamlit's own widget texts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the one HTML page of the front end."""
        path = scope.get("path", "")
        if scope["type"] != "http" or is_open(path) or path.startswith(("/_stcore", "/media")):
            await self.app(scope, receive, send)
            return
        lang = language_of(scope)
        start: Message | None = None
        body = b""

        async def rewrite(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kinds = [v for n, v in message["headers"] if n == b"content-type"]
                if kinds and kinds[0].startswith(b"text/html"):
                    start = message
                    return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = _worded(body, lang)
            headers = [
                (n, v)
                for n, v in start["headers"]
                if n not in (b"content-length", b"etag", b"last-modified")
            ]
            headers.append((b"content-length", str(len(page)).encode()))
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": page})

        # a compressed page could not be rewritten
        plain = [
            (n, v)
            for n, v in scope["headers"]
            if n not in (b"accept-encoding", b"if-none-match", b"if-modified-since")
        ]
        await self.app({**scope, "headers": plain}, receive, rewrite)


def _worded(page: bytes, lang: str) -> bytes:
    tag = "zh-CN" if lang == "zh" else "en"
    page = page.replace(b'<html lang="en">', f'<html lang="{tag}">'.encode(), 1)
    title = i18n.translate(lang, "app.title").encode()
    page = page.replace(b"<title>Streamlit</title>", b"<title>" + title + b"</title>", 1)
    if lang != "zh":
        return page
    words = json.dumps(i18n.section("widget", lang), ensure_ascii=False).replace("<", "\\u003c")
    script = (
        f'<script type="application/json" id="anbiao-words">{words}</script>'
        '<script src="/assets/words.js" defer></script></head>'
    )
    return page.replace(b"</head>", script.encode(), 1)


MIDDLEWARE = [
    Middleware(SecurityHeaders),
    Middleware(RateLimit),
    Middleware(SessionGate),
    Middleware(FrontEndWords),
]


async def _sweep_daily() -> None:
    """Delete what is past its time, now and once a day."""
    while True:
        try:
            await anyio.to_thread.run_sync(housekeeping.sweep)
        except Exception:
            log.exception("sweep")  # tomorrow is another day
        await anyio.sleep(24 * 3600)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Open and migrate the database, load the criteria; close both at the end."""
    running = await anyio.to_thread.run_sync(context.current)
    problems = await anyio.to_thread.run_sync(running.library.check)
    for problem in problems:
        log.error("criteria", extra={"problem": str(problem)})
    sweeping = asyncio.create_task(_sweep_daily())
    try:
        yield
    finally:
        sweeping.cancel()
        running.db.close()
        context.install(None)
