"""What can go wrong for a person, each with a message key and the values it names."""

from collections.abc import Sequence


class PortalError(Exception):
    """Something the person can act on; worded by the text catalogue as ``error.<code>``.

    Attributes:
        code: key of the message.
        values: what the message names.
    """

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(f"{code} {values}" if values else code)


class NotAllowedError(PortalError):
    """Refused, without saying whether the thing exists."""

    def __init__(self) -> None:
        super().__init__("not_allowed")


class StaleRecordError(PortalError):
    """Somebody else has saved in the meantime."""


class IllegalTransitionError(PortalError):
    """The record is in a state that does not allow this."""


class IncompleteFormError(PortalError):
    """Something required is missing.

    Attributes:
        missing: ids of what is missing, in the order of the form.
    """

    def __init__(self, code: str, missing: Sequence[str] = (), **values: object) -> None:
        super().__init__(code, **values)
        self.missing = tuple(missing)


class InvalidValueError(PortalError):
    """A field holds something that cannot be right; ``field`` in the values names it."""


class NoEditionInForceError(PortalError):
    """No edition of the scheme is in force on that day."""


class UnreadableFileError(PortalError):
    """An upload that is not what it should be."""
