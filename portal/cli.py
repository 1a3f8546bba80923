"""The command line: ``anbiao``."""

import os
import sys
from pathlib import Path


def main() -> int:
    """Serve the portal."""
    root = Path(__file__).resolve().parent.parent
    os.chdir(root)
    sys.argv = [str(root / "app.py")]
    sys.path.insert(0, str(root))
    from app import app

    app.run(config={"server.port": int(os.environ.get("PORT", "8501"))})
    return 0
