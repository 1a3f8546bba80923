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
    """

    database: str
    public_https: bool


def settings() -> Settings:
    """Read the settings; the default database lies in the git-ignored ``data/var``."""
    default = f"sqlite:///{ROOT / 'data' / 'var' / 'anbiao.db'}"
    return Settings(
        database=os.environ.get("ANBIAO_DATABASE") or default,
        public_https=os.environ.get("ANBIAO_HTTPS") == "1",
    )
