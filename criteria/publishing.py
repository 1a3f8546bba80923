"""Publishing a draft edition: frozen from then on, its fingerprint on record beside it."""

import os
import re
import tempfile
from pathlib import Path

from criteria.errors import CriteriaError, Problem
from criteria.library import Library
from criteria.load import load_scheme

FLAG = re.compile(r"^published\s*=.*$", re.MULTILINE)


def publish(library: Library, scheme: str, edition: str) -> str:
    """Freeze an edition that the installation has imported.

    Returns:
        Its fingerprint.

    Raises:
        KeyError: there is no such edition of one's own.
        CriteriaError: the draft has problems; nothing is changed then.
    """
    own = library.own
    folder = own / scheme / edition if own else None
    if own is None or folder is None or not (folder / "scheme.toml").exists():
        raise KeyError(f"{scheme}@{edition}")
    if library.get(scheme, edition).published:
        raise CriteriaError(
            [Problem(f"{scheme}/{edition}", "-", "published", "a draft", "published before")]
        )
    head = folder / "scheme.toml"
    before = head.read_text(encoding="utf-8")
    after = FLAG.sub("published = true", before, count=1)
    if not FLAG.search(before):
        # a table would swallow a line behind it: the flag stands first
        after = f"published = true\n{before}"
    _write(head, after)
    problems: list[Problem] = []
    loaded = load_scheme(folder, problems)
    if loaded is None or problems:
        _write(head, before)
        raise CriteriaError(problems)
    frozen = own / "frozen.toml"
    lines = frozen.read_text(encoding="utf-8") if frozen.exists() else ""
    _write(frozen, f'{lines}"{scheme}@{edition}" = "{loaded.fingerprint}"\n')
    return loaded.fingerprint


def _write(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
