"""What the engine refuses: input that breaks its contract."""


class ScoringError(ValueError):
    """An answer or a rubric that cannot be scored; the caller has broken the contract.

    Attributes:
        code: key of the message, ``error.scoring.<code>`` in the text catalogue.
        values: what the message names (item, rule, found, expected …), all as text.
    """

    def __init__(self, code: str, **values: str) -> None:
        self.code = code
        self.values = values
        named = ", ".join(f"{name} {value}" for name, value in values.items())
        super().__init__(f"{code.replace('_', ' ')}: {named}")
