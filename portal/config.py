"""Settings from the environment, read in one place."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where data lies and how the portal is reached.

    Attributes:
        database: ``sqlite:///path`` or ``postgresql://…`` (``ANBIAO_DATABASE``).
        public_https: whether the address people use is https (``ANBIAO_HTTPS=1``); the session
            cookie is then marked Secure.
        address: the address people type, such as ``https://…`` (``ANBIAO_URL``), for links that
            are printed outside the portal; empty where it is not told.
        second_factor: whether authority and administrator roles need a second factor
            (``ANBIAO_SECOND_FACTOR``: ``required``, the default, or ``offered``).
        forms_per_minute: forms of the entrance that one address may send (``ANBIAO_FORMS``); more
            where a large office stands behind one address.
        secret: key for what is stored encrypted (``ANBIAO_SECRET``), the same on all machines
            of an installation; without it a key file beside the data is made and used.
        evidence: folder of the uploaded evidence (``ANBIAO_EVIDENCE``); processes that share a
            database share it too.
        oidc_claim: claim of single sign-on that links an identity at its first sign-in to the
            account of that sign-in name (``ANBIAO_OIDC_CLAIM``); empty: only the administrator
            links.
    """

    database: str
    public_https: bool
    address: str
    second_factor: str
    secret: str
    forms_per_minute: int
    evidence: Path
    oidc_claim: str


def settings() -> Settings:
    """Read the settings; the default database lies in the git-ignored ``data/var``."""
    default = f"sqlite:///{ROOT / 'data' / 'var' / 'anbiao.db'}"
    return Settings(
        database=os.environ.get("ANBIAO_DATABASE") or default,
        public_https=os.environ.get("ANBIAO_HTTPS") == "1",
        address=os.environ.get("ANBIAO_URL", "").rstrip("/"),
        second_factor=os.environ.get("ANBIAO_SECOND_FACTOR") or "required",
        forms_per_minute=int(os.environ.get("ANBIAO_FORMS") or 60),
        secret=os.environ.get("ANBIAO_SECRET", ""),
        evidence=Path(os.environ.get("ANBIAO_EVIDENCE") or ROOT / "data" / "var" / "evidence"),
        oidc_claim=os.environ.get("ANBIAO_OIDC_CLAIM", ""),
    )
