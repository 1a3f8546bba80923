"""Links of invitation, passwords and the second factor: plain pages, no password in any page state.

Each page asks for itself who is there: a link, a sign-in that waits for its second factor, or a
session.
"""

from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from portal import i18n
from portal.domain.people import User
from portal.errors import PortalError
from portal.services import invitations, passwords, second_factor, sessions, signing_in
from portal.services.sessions import Stage
from portal.ui.entrance_page import (
    fields_of,
    in_turn,
    leave_older,
    page,
    read_form,
    refused,
    same_origin,
    set_session,
    signed_in,
    way_back,
)
from portal.ui.middleware import language_of, place_of, session_of
from portal.ui.rate_limit import TYPING, allow


async def welcome(request: Request) -> Response:
    """The first password, or a new one, by a one-time link."""
    token = request.path_params["token"]
    try:
        invitation = await anyio.to_thread.run_sync(invitations.find, token)
    except PortalError as error:
        return refused(request, "message.html", error, status=404)
    if request.method == "GET":
        return page(request, "welcome.html", error=None, who=invitation, least=passwords.SHORTEST)
    try:
        form = await read_form(request)
        chosen = _chosen(form.get("password", ""), form.get("again", ""))
        opened = await in_turn(invitations.accept, token, chosen, place_of(request.scope))
    except PortalError as error:
        return refused(request, "welcome.html", error, who=invitation, least=passwords.SHORTEST)
    await leave_older(request)
    return signed_in("/", opened)


def _chosen(password: str, again: str) -> str:
    if password != again:
        raise PortalError("password_differs")
    return password


async def strength(request: Request) -> Response:
    """How strong a password is, while it is typed; kept nowhere."""
    if not same_origin(request) or not allow(TYPING, "typing", place_of(request.scope).address):
        return JSONResponse({}, status_code=429)
    try:
        form = await fields_of(request)
    except PortalError:
        return JSONResponse({}, status_code=413)
    known = [form[name] for name in ("login", "name", "organisation", "authority") if name in form]
    password = form.get("password", "")[: passwords.LONGEST]
    found = await anyio.to_thread.run_sync(passwords.strength, password, known)
    lang = language_of(request.scope)
    advice = i18n.translate(lang, f"password.{found.advice}") if found.advice else ""
    grade = i18n.translate(lang, f"password.score_{found.score}")
    headers = {"cache-control": "no-store"}
    return JSONResponse({"score": found.score, "grade": grade, "advice": advice}, headers=headers)


async def password(request: Request) -> Response:
    """Change one's own password."""
    user = await anyio.to_thread.run_sync(sessions.user_of, session_of(request.scope))
    if user is None:
        return RedirectResponse("/login?next=/password", status_code=303)
    values: dict[str, Any] = {"user": user, "least": passwords.SHORTEST}
    if request.method == "GET":
        return page(request, "password.html", error=None, done=False, **values)
    place = place_of(request.scope)
    try:
        form = await read_form(request)
        chosen = _chosen(form.get("password", ""), form.get("again", ""))
        opened = await in_turn(signing_in.change_password, user, form.get("old", ""), chosen, place)
    except PortalError as error:
        return refused(request, "password.html", error, done=False, **values)
    answer = page(request, "password.html", error=None, done=True, **values)
    set_session(answer, opened)
    return answer


async def factor(request: Request) -> Response:
    """The second factor: asked at sign-in, set up where a role demands it, or looked after."""
    session = session_of(request.scope)
    waiting = await anyio.to_thread.run_sync(sessions.unfinished, session)
    user = waiting[0] if waiting else await anyio.to_thread.run_sync(sessions.user_of, session)
    if user is None:
        return RedirectResponse("/login", status_code=303)
    stage = waiting[1] if waiting else Stage.FULL
    error = None
    if request.method == "POST":
        try:
            return await _act(request, user, stage, await read_form(request))
        except PortalError as refusal:
            error = refusal
    values = await anyio.to_thread.run_sync(_shown, user, stage)
    if error:
        return refused(request, "second_factor.html", error, **values)
    return page(request, "second_factor.html", error=None, **values)


def _shown(user: User, stage: Stage) -> dict[str, Any]:
    active, left = second_factor.state(user)
    needed = second_factor.required(user)
    offer = second_factor.begin(user) if stage is not Stage.CODE and not active else None
    return {
        "stage": stage.value,
        "active": active,
        "left": left,
        "required": needed,
        "offer": offer,
    }


async def _act(request: Request, user: User, stage: Stage, form: dict[str, str]) -> Response:
    place, code = place_of(request.scope), form.get("code", "")
    wish = form.get("do", "")
    if stage is Stage.CODE and wish == "complete":
        return signed_in(
            way_back(request),
            await anyio.to_thread.run_sync(second_factor.complete, user, code, place),
        )
    if stage is not Stage.CODE and wish == "confirm":
        asked = form.get("password", "") if stage is Stage.FULL else None
        opened, codes = await in_turn(second_factor.confirm, user, code, asked, place)
        answer = page(request, "codes.html", codes=codes)
        set_session(answer, opened)
        return answer
    if stage is Stage.FULL and wish == "renew":
        codes = await anyio.to_thread.run_sync(second_factor.renew_codes, user, code, place)
        return page(request, "codes.html", codes=codes)
    if stage is Stage.FULL and wish == "remove":
        await anyio.to_thread.run_sync(second_factor.remove, user, code, place)
    return RedirectResponse("/second-factor", status_code=303)


ROUTES = [
    Route("/welcome/{token}", welcome, methods=["GET", "POST"]),
    Route("/password", password, methods=["GET", "POST"]),
    Route("/password-strength", strength, methods=["POST"]),
    Route("/second-factor", factor, methods=["GET", "POST"]),
]
