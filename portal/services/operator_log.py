"""The log of the operator: one JSON object a line, without what people typed.

Errors carry the number that the person saw, and the trace. Who did what stands in the audit log,
not here.
"""

import logging
import time

from pythonjsonlogger.json import JsonFormatter


def set_up() -> None:
    """Let the log of the portal go to standard error, structured."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{message}",
            style="{",
            datefmt="%Y-%m-%dT%H:%M:%SZ",
            rename_fields={"asctime": "time", "levelname": "level", "message": "event"},
            json_ensure_ascii=False,
        )
    )
    handler.formatter.converter = time.gmtime  # type: ignore[union-attr]
    log = logging.getLogger("anbiao")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
