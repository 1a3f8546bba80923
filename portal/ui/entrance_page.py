"""What the pages of the entrance share: their frame, the way back, the cookie, the checks."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import anyio
import anyio.to_thread
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portal import i18n
from portal.config import settings
from portal.errors import PortalError
from portal.services import sessions
from portal.services.sessions import SignedIn, Stage
from portal.services.wording import error_text
from portal.ui.middleware import cookie_name, language_of, place_of, session_of
from portal.ui.origins import is_local_path, is_ours
from portal.ui.rate_limit import allow_form, first_time

T = TypeVar("T")

HERE = Path(__file__).parent
STATUS = {"sign_in_wait": 429, "too_many_requests": 429, "busy": 503, "form_too_large": 413}
LONGEST_FORM = 10_000
"""Bytes; the longest form has six short fields."""

log = logging.getLogger("anbiao")

HASHING = anyio.CapacityLimiter(1)
"""One password at a time: hashing is heavy by intent, and everybody else goes on working."""

WAITING = 30
"""Sign-ins that may wait for their turn, some four seconds; more are asked to come again."""

_pages = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True)
)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the entrance in the visitor's language; never kept by the browser."""
    lang = language_of(request.scope)

    def t(key: str, **parts: object) -> str:
        return i18n.translate(lang, key, **parts)

    html = _pages.get_template(template).render(
        t=t, lang=lang, here=request.url.path, next=way_back(request), **values
    )
    return HTMLResponse(html, status, headers={"cache-control": "no-store"})


def refused(
    request: Request, template: str, error: PortalError, status: int = 422, **values: Any
) -> Response:
    """The page again, with what was wrong."""
    text = error_text(error, language_of(request.scope))
    return page(request, template, STATUS.get(error.code, status), error=text, **values)


def way_back(request: Request) -> str:
    """Where to go afterwards: a place of this portal, never another site."""
    wish = request.query_params.get("next", "/")
    return wish if is_local_path(wish) else "/"


def same_origin(request: Request) -> bool:
    """Whether a form was sent by a page of this portal."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or is_ours(origin, request.headers.get("host", ""))


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent by one of our pages, not too often and not too large.

    Judged by its headers before a byte of it is read.

    Raises:
        PortalError: ``foreign_form``, ``too_many_requests`` or ``form_too_large``.
    """
    where = place_of(request.scope).address
    if not same_origin(request):
        # the first part alone: what follows may be a link that still works
        if first_time("foreign form", where):
            path = request.url.path.split("/")[1]
            log.warning("form of another site", extra={"path": path, "address": where})
        raise PortalError("foreign_form")
    if not allow_form(where):
        raise PortalError("too_many_requests")
    return await fields_of(request)


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form, as far as forms of the entrance are long.

    Raises:
        PortalError: ``form_too_large``.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LONGEST_FORM:
        raise PortalError("form_too_large")
    try:
        form = await request.form(max_files=0, max_fields=20, max_part_size=LONGEST_FORM)
    except HTTPException:
        raise PortalError("form_too_large") from None
    return {name: str(value) for name, value in form.items()}


async def in_turn(function: Callable[..., T], *arguments: object) -> T:
    """Run what hashes a password, one after the other, without holding up anybody else.

    Raises:
        PortalError: ``busy`` when too many wait already.
    """
    if HASHING.statistics().tasks_waiting >= WAITING:
        raise PortalError("busy")
    return await anyio.to_thread.run_sync(partial(function, *arguments), limiter=HASHING)


def signed_in(place: str, opened: SignedIn) -> Response:
    """On to the portal, or to the second factor, with the cookie of the new session."""
    if opened.stage is not Stage.FULL:
        place = "/second-factor" + (f"?next={quote(place)}" if place != "/" else "")
    answer = RedirectResponse(place, status_code=303)
    set_session(answer, opened)
    return answer


async def leave_older(request: Request) -> None:
    """End the session that a browser brings along when it signs in anew."""
    older = session_of(request.scope)
    if older:
        await anyio.to_thread.run_sync(sessions.replace, older)


def set_session(answer: Response, opened: SignedIn) -> None:
    """Give the browser the token of a session; scripts and other sites never see it."""
    lasts = sessions.LONGEST if opened.stage is Stage.FULL else sessions.UNFINISHED
    answer.set_cookie(
        cookie_name(),
        opened.token,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings().public_https,
    )


def forget_session(answer: Response) -> None:
    """Take the cookie back."""
    answer.delete_cookie(cookie_name(), httponly=True, secure=settings().public_https)
