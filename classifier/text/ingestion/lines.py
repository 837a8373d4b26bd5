"""A file of lines, compressed or not, in any encoding → decoded lines, in bounded memory."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from classifier.errors import DataError, Fault, MissingExtraError
from classifier.text import decoding
from classifier.text.ingestion.files import Source

MAX_LINE_BYTES = 8 << 20
"""The longest line or row that is read, in bytes of UTF-8 (8 MiB); a longer one is a fault."""

_BUFFER_BYTES = 1 << 16
_HEAD_BYTES = 4096


class Line(NamedTuple):
    """A decoded line with its line ending; numbers count from 1."""

    number: int
    text: str


def require_pyarrow(what: str) -> Any:
    """Return the ``pyarrow`` module; raises MissingExtraError when it is not installed."""
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError(what, "batch") from None
    return pyarrow


def open_bytes(source: Source) -> io.BufferedReader:
    """Open a file and undo its compression; the caller closes it.

    Raises:
        OSError: the file cannot be opened.
        MissingExtraError: a ``.zst`` file and no pyarrow.
    """
    raw: Any
    if source.compression == "gzip":
        raw = gzip.GzipFile(source.path, "rb")
    elif source.compression == "zstd":
        raw = require_pyarrow(source.name).input_stream(str(source.path), compression="zstd")
    else:
        raw = source.path.open("rb", buffering=0)
    return io.BufferedReader(raw, _BUFFER_BYTES)


def buffer(stream: BinaryIO) -> io.BufferedReader:
    """Return ``stream`` with ``peek``, at least 4,096 bytes of it where there are as many.

    Closing the result leaves ``stream`` open.
    """
    return io.BufferedReader(_Continued(stream.read(_HEAD_BYTES), stream), _BUFFER_BYTES)


def unmark(reader: io.BufferedReader) -> io.BufferedReader:
    """Return ``reader`` without its byte-order mark, UTF-16 and UTF-32 turned into UTF-8.

    Reading the result raises UnicodeDecodeError where UTF-16 or UTF-32 is damaged.
    """
    marked = decoding.marked_encoding(reader.peek(_HEAD_BYTES))
    if marked in ("utf-16", "utf-32"):
        return io.BufferedReader(_Transcoder(reader, marked), _BUFFER_BYTES)
    if marked:
        reader.read(len(codecs.BOM_UTF8))
    return reader


def read_lines(reader: io.BufferedReader, name: str) -> Iterator[Line | Fault]:
    """Yield the lines of ``reader``; a line that cannot be read is a fault in its place.

    Faults: a line over :data:`MAX_LINE_BYTES` (skipped without being held, its size told), a NUL
    byte, bytes that cannot be decoded.

    Raises:
        DataError: the whole file is binary, or its compression or UTF-16 is damaged; the message
            names the line after the last good one.
    """
    decoder = decoding.LineDecoder()
    number = 0
    try:
        decoding.refuse_binary(reader.peek(_HEAD_BYTES)[:_HEAD_BYTES], name)
        reader = unmark(reader)
        while line := reader.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                size = len(line) + _skip_rest(reader, line)
                yield too_long(f"{name}:{number}", size, "a line")
                continue
            yield _decode(decoder, line, f"{name}:{number}", number, reader)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{error.object[error.start]:02X}, which cannot be decoded"
        raise DataError(f"{name}:{number + 1}", byte, error.encoding) from None
    except (EOFError, zlib.error, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(
            f"{name}:{number + 1}",
            f"a file that cannot be read on: {reason}",
            "an undamaged file",
            f"The {number} lines before it were read.",
        ) from None


def too_long(where: str, size: int, what: str) -> Fault:
    """Return the fault of a line, row or file of ``size`` bytes that is over the limit."""
    return Fault(
        where,
        f"{what} of {size / 1e6:.1f} MB",
        f"at most {MAX_LINE_BYTES / 1e6:.1f} MB",
        "One line or row is one article: check for a missing line break or closing quote.",
    )


def _skip_rest(reader: io.BufferedReader, line: bytes) -> int:
    size = 0
    while line and not line.endswith(b"\n"):
        line = reader.readline(_BUFFER_BYTES)
        size += len(line)
    return size


def _decode(
    decoder: decoding.LineDecoder, line: bytes, where: str, number: int, reader: io.BufferedReader
) -> Line | Fault:
    if 0 in line:
        offset = line.index(0)
        return Fault(where, f"a NUL byte at byte offset {offset} of the line", "text", "Remove it.")
    # Until the encoding is settled, what follows the line helps to detect it.
    settled = decoder.encoding or line.isascii()
    sample = b"" if settled else reader.peek(_BUFFER_BYTES)
    try:
        return Line(number, decoder.decode(line, where, sample))
    except DataError as error:
        return error.fault


class _Continued(io.RawIOBase):
    """What was already read of a stream, then the rest of it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        data = self._head[: len(target)] or self._rest.read(len(target))
        self._head = self._head[len(target) :]
        target[: len(data)] = data
        return len(data)


class _Transcoder(io.RawIOBase):
    """A stream of UTF-16 or UTF-32 with its mark, read as UTF-8 without one."""

    def __init__(self, source: io.BufferedReader, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._ready and not self._ended:
            raw = self._source.read1(len(target))
            self._ended = not raw
            self._ready = self._decoder.decode(raw, self._ended).encode("utf-8")
        data, self._ready = self._ready[: len(target)], self._ready[len(target) :]
        target[: len(data)] = data
        return len(data)
