"""Where a request says it comes from, compared without stumbling over what strangers send."""

from urllib.parse import urlsplit


def is_ours(origin: str, host: str) -> bool:
    """Whether an origin is the host itself.

    >>> is_ours("https://portal.example", "portal.example"), is_ours("http://[", "portal.example")
    (True, False)
    """
    try:
        return bool(host) and urlsplit(origin).netloc == host
    except ValueError:  # no address at all
        return False


def is_local_path(wish: str) -> bool:
    """Whether a wish where to go leads to a place of this portal, never to another site.

    >>> is_local_path("/today"), is_local_path("//evil.example"), is_local_path("//[x")
    (True, False, False)
    """
    try:
        away = bool(urlsplit(wish).netloc)
    except ValueError:
        return False
    return wish.startswith("/") and not wish.startswith(("//", "/\\")) and not away
