"""What can go wrong, said so that the reader knows where, what was found and what to do.

Every error that a user can cause is a :class:`CadrageError`; the command line prints its message
without a traceback. The exit code lies with the kind: 1 for the user's data, 2 for usage.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one place of the user's data.

    Attributes:
        where: file, file and line, or id: ``articles.jsonl:12``.
        found: what stood there.
        expected: what should have stood there.
        fix: what to do about it; may be empty.
        id: of the article that it is about, where that could be read; not part of the message.
    """

    where: str
    found: str
    expected: str
    fix: str = ""
    id: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: found {self.found}; expected {self.expected}"
        return f"{text}. {self.fix}" if self.fix else text


class CadrageError(Exception):
    """Base of every error that is told to the user without a traceback."""

    exit_code = 1

    def __init__(self, where: str, found: str = "", expected: str = "", fix: str = "") -> None:
        self.fault = Fault(where, found, expected, fix)
        super().__init__(str(self.fault) if found or expected else where)


class DataError(CadrageError):
    """The user's data cannot be used; the fault names file and line."""


class FaultsError(CadrageError):
    """Several faults at once, all listed."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UsageError(CadrageError):
    """The command, an option or a configuration key is wrong."""

    exit_code = 2


class ModelError(CadrageError):
    """A model directory is missing, damaged, or made for another schema."""


class MissingExtraError(UsageError):
    """An optional package is needed and not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs an optional package that is not installed. "
            f"Install it with: pip install 'cadrage[{extra}]'"
        )
        self.extra = extra
