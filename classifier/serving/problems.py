"""Errors as RFC 9457 problem documents: a stable type, what was found, and what to do.

No document quotes the caller's text: a key is repeated only where it is a known one misspelt.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from classifier.errors import Fault

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:cadrage:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of problem: its HTTP status, its title and what a caller can do."""

    status: int
    title: str
    fix: str


KINDS: Mapping[str, Kind] = {
    "malformed-json": Kind(400, "The body is not JSON", "Send one JSON object, in UTF-8."),
    "invalid-encoding": Kind(400, "The body is not UTF-8", "Encode the JSON in UTF-8."),
    "invalid-request": Kind(
        422, "The request does not fit", "Compare it with the examples in /openapi.json."
    ),
    "unusable-article": Kind(
        422, "The article cannot be scored", "Send the text of an article, without NUL."
    ),
    "sentence-too-long": Kind(
        422,
        "A sentence is too long",
        "Check that the text has its punctuation and line breaks, or send shorter sentences.",
    ),
    "too-large": Kind(413, "The body is too large", "Send fewer or shorter articles at a time."),
    "too-many-items": Kind(
        413, "There are too many items", "Spread them over several requests, or use cadrage batch."
    ),
    "unsupported-media-type": Kind(
        415,
        "The body is not declared as JSON",
        "Send Content-Type: application/json, uncompressed.",
    ),
    "not-acceptable": Kind(
        406, "No such representation", "Accept application/json, text/csv or text/html."
    ),
    "unauthorized": Kind(
        401, "An API key is needed", "Send a valid key as Authorization: Bearer KEY."
    ),
    "not-found": Kind(404, "There is nothing at this address", "See /openapi.json."),
    "method-not-allowed": Kind(405, "This address takes another method", "See the header Allow."),
    "wrong-host": Kind(
        421,
        "The request is addressed to another host",
        "Use the server's own name, or add this one to allowed_hosts.",
    ),
    "body-timeout": Kind(408, "The body came too slowly", "Send it again, faster."),
    "busy": Kind(429, "The server is busy", "Wait as long as Retry-After says, then try again."),
    "time-limit": Kind(503, "Scoring took too long", "Send shorter articles, or fewer at a time."),
    "internal": Kind(
        500, "The server failed", "Report it with the request id; the text was not kept."
    ),
}


class Problem(Exception):
    """A request that ends in a problem document."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        return KINDS[self.kind].status

    def as_dict(self) -> dict[str, Any]:
        """Return the document without its request id."""
        kind = KINDS[self.kind]
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.kind,
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "fix": kind.fix,
        }
        if self.faults:
            document["errors"] = [
                {"where": fault.where, "found": fault.found, "expected": fault.expected}
                for fault in self.faults
            ]
        return document

    def body(self, request_id: str) -> bytes:
        """Return the document as JSON."""
        return msgspec.json.encode({**self.as_dict(), "request_id": request_id})


def safe_name(name: str, known: Sequence[str]) -> str:
    """Return a key that a caller sent, if it is a known one misspelt; else only its length."""
    # What is long is no misspelling, and comparing it would take long.
    near = len(name) <= 40 and difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return ascii(name) if near else f"a name of {len(name)} characters"


_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`")
_AT = re.compile(r" - at `(?P<at>\$[^`]*)`\Z")


def describe_validation(error: msgspec.ValidationError, known: Sequence[str]) -> Fault:
    """Return msgspec's complaint as a fault, without any value that was sent."""
    said = str(error)
    at = _AT.search(said)
    where = at["at"] if at else "$"
    said = said[: at.start()] if at else said
    unknown = _UNKNOWN_FIELD.fullmatch(said)
    if unknown:
        return Fault(
            where,
            f"an unknown key, {safe_name(unknown['name'], known)}",
            f"one of {', '.join(known)}",
        )
    wrong = _EXPECTED.fullmatch(said)
    if wrong:
        expected = wrong["expected"].replace(" | ", " or ")
        return Fault(where, f"a value of type {wrong['got']}", expected)
    if said.startswith("Expected "):
        return Fault(where, "another value", said.removeprefix("Expected ").replace("`", ""))
    return Fault(where, said.replace("`", ""), "a value that fits")
