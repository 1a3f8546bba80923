"""Evidence by address: shown to those who may see it, unknown to everybody else.

What somebody has uploaded is never a page of this portal: pictures are drawn anew and shown
without any script or style; documents are only handed out to be kept.
"""

import logging
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from portal import i18n
from portal.errors import NotAllowedError, PortalError
from portal.services import evidence, sessions
from portal.services.wording import error_text
from portal.ui.middleware import SESSION_HEADER, language_of

HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
}
"""For every answer of this route, in place of those of the portal."""

log = logging.getLogger("anbiao")


async def whole(request: Request) -> Response:
    """The file as it is kept."""
    return await anyio.to_thread.run_sync(_answer, request, False)


async def small(request: Request) -> Response:
    """A small picture for lists."""
    return await anyio.to_thread.run_sync(_answer, request, True)


def _answer(request: Request, in_small: bool) -> Response:
    lang = language_of(request.scope)
    user = None
    place, number = request.path_params["enterprise"], request.path_params["number"]
    try:
        user = sessions.user_of(request.headers.get(SESSION_HEADER.decode(), ""))
        if user is None or not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise NotAllowedError
        give = evidence.preview if in_small else evidence.read
        name, media_type, data = give(user, place, int(number))
    except NotAllowedError:
        who = {"account": user.account_id} if user else {}
        log.warning("refused", extra={"path": request.url.path, **who})
        return PlainTextResponse(
            i18n.translate(lang, "evidence.not_found"), status_code=404, headers=HEADERS
        )
    except PortalError as error:
        # the operator has lost a file: the person is told which, the log too
        log.error("evidence", extra={"place": f"{place}/{number}", "code": error.code})
        return PlainTextResponse(error_text(error, lang), status_code=500, headers=HEADERS)
    return Response(
        data,
        media_type=media_type,
        headers={**HEADERS, "content-disposition": _disposition(name, media_type)},
    )


def _disposition(name: str, media_type: str) -> str:
    """Only pictures are shown; the name in the form that keeps Chinese (RFC 6266)."""
    kind = "inline" if media_type.startswith("image/") else "attachment"
    ending = name.rpartition(".")[2]
    return f"{kind}; filename=\"evidence.{ending}\"; filename*=UTF-8''{quote(name, safe='')}"


ROUTES = [
    Route("/evidence/{enterprise}/{number}", whole),
    Route("/evidence/{enterprise}/{number}/preview", small),
]
