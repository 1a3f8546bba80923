"""The entrance: first start, sign-in, sign-out, language, health. Plain pages, no script.

They stand outside Streamlit because only an HTTP answer can set a cookie that scripts of the
page cannot read.
"""

from pathlib import Path
from urllib.parse import urlsplit

import anyio.to_thread
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from portal import i18n
from portal.config import settings
from portal.errors import PortalError
from portal.services import accounts, context, demo, setup
from portal.services.wording import error_text
from portal.ui.middleware import COOKIE, LANGUAGE_COOKIE, language_of

HERE = Path(__file__).parent
YEAR = 365 * 24 * 3600

_pages = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True)
)


def _page(request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
    lang = language_of(request.scope)

    def t(key: str, **parts: object) -> str:
        return i18n.translate(lang, key, **parts)

    html = _pages.get_template(template).render(
        t=t, lang=lang, here=request.url.path, next=_next(request), **values
    )
    return HTMLResponse(html, status, headers={"cache-control": "no-store"})


def _next(request: Request) -> str:
    """Where to go afterwards: a place of this portal, never another site."""
    wish = request.query_params.get("next", "/")
    parts = urlsplit(wish)
    safe = wish.startswith("/") and not wish.startswith(("//", "/\\")) and not parts.netloc
    return wish if safe else "/"


def _same_origin(request: Request) -> bool:
    """Whether a form was sent by a page of this portal."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def login(request: Request) -> Response:
    """Sign in; in the demonstration also by a click on a listed account."""
    installation = await anyio.to_thread.run_sync(setup.installation)
    if installation is None:
        return RedirectResponse("/setup", status_code=303)
    listed = await anyio.to_thread.run_sync(accounts.demo_accounts)
    if request.method == "GET":
        return _page(request, "login.html", accounts=listed, error=None, login="")
    form = await request.form()
    name = str(form.get("login", ""))
    try:
        if not _same_origin(request):
            raise PortalError("sign_in_failed")
        if form.get("demo"):
            token = await anyio.to_thread.run_sync(accounts.sign_in_demo, str(form["demo"]))
        else:
            token = await anyio.to_thread.run_sync(
                accounts.sign_in, name, str(form.get("password", ""))
            )
    except PortalError as error:
        text = error_text(error, language_of(request.scope))
        return _page(request, "login.html", 401, accounts=listed, error=text, login=name)
    return _signed_in(_next(request), token)


def _signed_in(place: str, token: str) -> Response:
    answer = RedirectResponse(place, status_code=303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(accounts.LONGEST.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings().public_https,
    )
    return answer


async def logout(request: Request) -> Response:
    """End the session in every tab; a link on a foreign page only leads to the question."""
    asked_here = request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    if request.method == "GET" and not asked_here:
        return _page(request, "logout.html")
    if request.method == "POST" and not _same_origin(request):
        return RedirectResponse("/", status_code=303)
    token = request.cookies.get(COOKIE)
    if token:
        await anyio.to_thread.run_sync(accounts.sign_out, accounts.token_hash(token))
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


async def first_start(request: Request) -> Response:
    """Ask once: the demonstration district, or one's own authority."""
    if await anyio.to_thread.run_sync(setup.installation) is not None:
        return RedirectResponse("/login", status_code=303)
    if request.method == "GET":
        return _page(request, "setup.html", error=None, values={})
    form = await request.form()
    values = {name: str(value) for name, value in form.items()}
    try:
        if not _same_origin(request):
            raise PortalError("sign_in_failed")
        if values.get("choice") == "demo":
            await anyio.to_thread.run_sync(demo.load)
        else:
            await anyio.to_thread.run_sync(_own, values)
    except PortalError as error:
        text = error_text(error, language_of(request.scope))
        return _page(request, "setup.html", 422, error=text, values=values)
    return RedirectResponse("/login", status_code=303)


def _own(values: dict[str, str]) -> None:
    setup.set_up(
        **{
            name: values.get(name, "")
            for name in ("authority", "area_code", "area_name", "login", "name", "password")
        }
    )


async def language(request: Request) -> Response:
    """Choose a language for this browser."""
    answer = RedirectResponse(_next(request), status_code=303)
    chosen = request.path_params["lang"]
    if chosen in i18n.LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=YEAR, samesite="lax", secure=settings().public_https
        )
    return answer


async def health(_request: Request) -> Response:
    """Whether the database answers."""
    await anyio.to_thread.run_sync(lambda: context.current().db.rows("select 1 as alive"))
    return JSONResponse({"status": "ok"})


async def asset(request: Request) -> Response:
    """Style and script of the entrance."""
    name = request.path_params["name"]
    if name not in ("entrance.css", "words.js"):
        return PlainTextResponse("not found", status_code=404)
    return FileResponse(HERE / "static" / name, headers={"cache-control": "no-cache"})


ROUTES = [
    Route("/login", login, methods=["GET", "POST"]),
    Route("/logout", logout, methods=["GET", "POST"]),
    Route("/setup", first_start, methods=["GET", "POST"]),
    Route("/language/{lang}", language),
    Route("/health", health),
    Route("/assets/{name}", asset),
]
