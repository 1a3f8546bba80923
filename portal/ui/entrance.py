"""The entrance: first start, sign-in, sign-out, language, health. Plain pages.

They stand outside Streamlit because only an HTTP answer can set a cookie that scripts of the
page cannot read, and because what is typed here must never lie in the state of a page.
"""

import ipaddress
from functools import partial
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from portal import i18n
from portal.config import settings
from portal.errors import PortalError
from portal.services import account_log, context, demo, sessions, setup, signing_in
from portal.ui import entrance_people, single_sign_on
from portal.ui.entrance_page import (
    HERE,
    forget_session,
    in_turn,
    leave_older,
    page,
    read_form,
    refused,
    same_origin,
    signed_in,
    way_back,
)
from portal.ui.middleware import LANGUAGE_COOKIE, place_of, session_of
from portal.ui.rate_limit import first_time

YEAR = 365 * 24 * 3600


async def login(request: Request) -> Response:
    """Sign in; in the demonstration also by a click on a listed account."""
    installation = await anyio.to_thread.run_sync(setup.installation)
    if installation is None:
        return RedirectResponse("/setup", status_code=303)
    listed = await anyio.to_thread.run_sync(signing_in.demo_accounts)
    shown: dict[str, Any] = {"accounts": listed, "single_sign_on": single_sign_on.configured()}
    if request.method == "GET":
        return page(request, "login.html", error=None, login="", **shown)
    place = place_of(request.scope)
    name = ""
    try:
        form = await read_form(request)
        name = form.get("login", "")
        if form.get("demo"):
            opened = await anyio.to_thread.run_sync(signing_in.sign_in_demo, form["demo"], place)
        else:
            opened = await in_turn(signing_in.sign_in, name, form.get("password", ""), place)
    except PortalError as error:
        if error.code == "too_many_requests" and first_time("sign-in", place.address):
            await anyio.to_thread.run_sync(account_log.note_flood, place)
        return refused(request, "login.html", error, status=401, login=name, **shown)
    await leave_older(request)
    return signed_in(way_back(request), opened)


async def logout(request: Request) -> Response:
    """End the session in every tab; a link on a foreign page only leads to the question."""
    asked_here = request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    if request.method == "GET" and not asked_here:
        return page(request, "logout.html")
    if request.method == "POST" and not same_origin(request):
        return RedirectResponse("/", status_code=303)
    session = session_of(request.scope)
    if session:
        await anyio.to_thread.run_sync(sessions.sign_out, session)
    # kept pages and pictures go too; what the browser keeps unsaved of a sheet stays
    answer = RedirectResponse("/login", 303, headers={"clear-site-data": '"cache"'})
    forget_session(answer)
    return answer


async def first_start(request: Request) -> Response:
    """Ask once: the demonstration district, or one's own authority."""
    if await anyio.to_thread.run_sync(setup.installation) is not None:
        return RedirectResponse("/login", status_code=303)
    far = not _is_near(place_of(request.scope).address)
    if request.method == "GET":
        return page(request, "setup.html", error=None, values={}, far=far)
    values: dict[str, str] = {}
    try:
        values = await read_form(request)
        if far:
            await anyio.to_thread.run_sync(setup.check_code, values.get("code", ""))
        if values.get("choice") == "demo":
            await anyio.to_thread.run_sync(demo.load)
        else:
            await in_turn(_own, values)
    except PortalError as error:
        return refused(request, "setup.html", error, values=values, far=far)
    return RedirectResponse("/login", status_code=303)


def _is_near(address: str) -> bool:
    """Whether somebody sits at the server itself."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _own(values: dict[str, str]) -> None:
    setup.set_up(
        **{
            name: values.get(name, "")
            for name in ("authority", "area_code", "area_name", "login", "name", "password")
        }
    )


async def language(request: Request) -> Response:
    """Choose a language for this browser."""
    answer = RedirectResponse(way_back(request), status_code=303)
    chosen = request.path_params["lang"]
    if chosen in i18n.LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=YEAR, samesite="lax", secure=settings().public_https
        )
    return answer


async def health(_request: Request) -> Response:
    """Whether the database answers."""
    alive = partial(context.current().db.rows, "select 1 as alive")
    await anyio.to_thread.run_sync(alive)
    return JSONResponse({"status": "ok"})


async def asset(request: Request) -> Response:
    """Style and scripts of the entrance."""
    name = request.path_params["name"]
    if name not in ("entrance.css", "words.js", "strength.js"):
        return PlainTextResponse("not found", status_code=404)
    return FileResponse(HERE / "static" / name, headers={"cache-control": "no-cache"})


ROUTES = [
    Route("/login", login, methods=["GET", "POST"]),
    Route("/logout", logout, methods=["GET", "POST"]),
    Route("/setup", first_start, methods=["GET", "POST"]),
    *entrance_people.ROUTES,
    *single_sign_on.ROUTES,
    Route("/language/{lang}", language),
    Route("/health", health),
    Route("/assets/{name}", asset),
]
