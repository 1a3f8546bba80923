"""Single sign-on: Streamlit's ``st.login`` does OpenID Connect, the portal says who gets in.

Configured in ``secrets.toml`` as Streamlit documents it, section ``[auth]``. Streamlit's own routes
for it stay behind the gate; two pages of the entrance call them. So the cookie with which Streamlit
would keep somebody signed in for thirty days never leaves this machine: it is read here, once, and
what the browser gets is a session of the portal, which can be ended.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from functools import cache, partial
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode

import anyio.to_thread
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from streamlit.auth_util import (
    encode_provider_token,
    get_cookie_with_chunks,
    get_secrets_auth_section,
    get_signing_secret,
    is_authlib_installed,
    validate_auth_credentials,
)
from streamlit.errors import StreamlitAuthError
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from portal.errors import PortalError
from portal.services import account_log, identities, signing_in
from portal.services.account_log import Place
from portal.ui.entrance_page import leave_older, refused, signed_in, way_back
from portal.ui.middleware import place_of
from portal.ui.rate_limit import allow_form, first_time

PROVIDER = "default"
"""The one sign-in service, which ``[auth]`` itself describes."""

DISCOVERY = "/.well-known/openid-configuration"
BACK = "anbiao_next"
LONGEST_WAY = 1000
"""Characters of the way back; it is kept in a cookie with the state of the sign-in."""

log = logging.getLogger("anbiao")


def configured() -> bool:
    """Whether people may sign in by a sign-in service."""
    try:
        validate_auth_credentials(PROVIDER)
    except StreamlitAuthError:
        return False
    return bool(get_signing_secret()) and _installed()


@cache
def _installed() -> bool:
    found = is_authlib_installed() and find_spec("httpx") is not None
    if not found:
        log.warning("single sign-on is configured, but the extra sso is not installed")
    return found


def default_issuer() -> str:
    """The issuer of the configured service, by the address of its metadata."""
    section = get_secrets_auth_section()
    section = section.get(PROVIDER, section)
    return str(section.get("server_metadata_url", "")).removesuffix(DISCOVERY)


async def start(request: Request) -> Response:
    """On to the sign-in service."""
    if not configured():
        return RedirectResponse("/login", status_code=303)
    back = way_back(request)
    try:
        await _check_pace(place_of(request.scope))
        request.session[BACK] = back if len(back) <= LONGEST_WAY else "/"
        query = urlencode({"provider": encode_provider_token(PROVIDER)})
        answer = await _streamlit("/auth/login")(_at(request, request.url.path, query))
        if answer.status_code >= 400:
            raise PortalError("single_sign_on_down")
    except PortalError as error:
        return await _refused(request, back, error, status=503)
    return answer


async def finish(request: Request) -> Response:
    """Back from the sign-in service: a session of the portal, or the reason why not."""
    if not configured():
        return RedirectResponse("/login", status_code=303)
    place = place_of(request.scope)
    back = str(request.session.get(BACK, "/"))
    try:
        await _check_pace(place)
        claims = _claims(await _streamlit("/oauth2callback")(request))
        request.session.clear()
        if claims is None or not _for_us(claims):
            await anyio.to_thread.run_sync(identities.note_refused, place)
            raise PortalError("single_sign_on_failed")
        sign_in = partial(signing_in.sign_in_by_identity, claims=claims)
        opened = await anyio.to_thread.run_sync(
            sign_in, str(claims["iss"]), str(claims["sub"]), place
        )
    except PortalError as error:
        return await _refused(request, back, error, status=403)
    await leave_older(request)
    return signed_in(back, opened)


async def _check_pace(place: Place) -> None:
    if allow_form(place.address):
        return
    if first_time("sign-in", place.address):
        await anyio.to_thread.run_sync(account_log.note_flood, place)
    raise PortalError("too_many_requests")


def _streamlit(path: str) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of Streamlit that would answer at a path."""
    (endpoint,) = [route.endpoint for route in create_auth_routes("") if route.path == path]
    return endpoint


def _for_us(claims: dict[str, Any]) -> bool:
    """Whether the service issued the token to this portal and not to another program."""
    section = get_secrets_auth_section()
    client = section.get(PROVIDER, section).get("client_id")
    audience = claims.get("aud")
    return client == audience or (isinstance(audience, list) and client in audience)


def _claims(answer: Response) -> dict[str, Any] | None:
    """Whom the service vouches for, by the cookie that Streamlit has just signed; None for nobody.

    State, nonce, signature, issuer and times are checked by then.
    """
    sent: dict[str, str] = {}
    for name, value in answer.raw_headers:
        if name == b"set-cookie":
            sent |= cookie_parser(value.decode("latin-1").partition(";")[0])

    def read(name: str) -> bytes | None:
        value = sent.get(name)
        return decode_signed_value(get_signing_secret(), name, value) if value else None

    found = get_cookie_with_chunks(read, USER_COOKIE_NAME)
    return json.loads(found) if found else None


def _at(request: Request, path: str, query: str) -> Request:
    """The same request, with the same state of the sign-in, as if for another address."""
    return Request({**request.scope, "path": path, "query_string": query.encode()})


async def _refused(request: Request, back: str, error: PortalError, status: int) -> Response:
    """The sign-in page with the reason; its links lead to itself and never repeat the callback."""
    listed = await anyio.to_thread.run_sync(signing_in.demo_accounts)
    at_login = _at(request, "/login", urlencode({"next": back}))
    return refused(
        at_login, "login.html", error, status, accounts=listed, login="", single_sign_on=True
    )


ROUTES = [Route("/single-sign-on", start), Route("/oauth2callback", finish)]
"""The second address is the one that Streamlit demands of ``redirect_uri``; ours goes before it."""
