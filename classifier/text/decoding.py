"""Bytes to text: byte-order marks, UTF-8, then legacy encodings by detection.

The order is the same everywhere: a byte-order mark decides; without one, strict UTF-8; only when
that fails, the encoding a page declares, and then ``charset-normalizer`` (imported on first need).
The library says which encodings give plausible text; among the Western ones, which differ by a
handful of accents and quotes, French spelling decides. Binary content is refused, never decoded.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress

from classifier.errors import DataError

_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the UTF-16 one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"PK\x03\x04", "a ZIP archive (also DOCX, ODT, XLSX, EPUB)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard-compressed data"),
    (b"\xfd7zXZ\x00", "xz-compressed data"),
    (b"BZh91AY&SY", "bzip2-compressed data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"PAR1\x15", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)

# Their undecidable differences are settled by French spelling; latin-1 is a part of cp1252.
_WESTERN = ("cp1252", "mac_roman", "cp850")
# Below this share of implausible characters a Western reading is not questioned (French press
# text: under 0.07 on 120 bytes, under 0.02 on 400; Polish or Turkish read as cp1252: over 0.07).
_PLAUSIBLE = 0.075
_CLEARLY_BETTER = 0.05
_SAMPLE_BYTES = 1 << 16
_FRENCH = re.compile(r"[éèêàâçîôûù«»“”…]|(?<=\w)’(?=\w)|(?<!\w)[É–—]")
# In latin-9 these bytes are Œ, œ, Ÿ and €; in cp1252 ¼, ½, ¾ inside a word, and ¤.
_LATIN9 = re.compile(rb"[A-Za-z\xc0-\xff][\xbc\xbd\xbe]|[\xbc\xbd][A-Za-z\xc0-\xff]|\xa4")
_C1 = re.compile(rb"[\x80-\x9f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")
_DECLARABLE = ("cp", "iso8859", "mac", "koi8", "gb", "big5", "euc", "shift_jis", "hz", "iso2022")

_EXPECTED = "text in UTF-8, UTF-16 with a byte-order mark, or a legacy encoding such as cp1252"
_FIX = "Convert it, for example: iconv -f ENCODING -t UTF-8."


def marked_encoding(head: bytes) -> str:
    """Return the encoding that a byte-order mark at the start of ``head`` announces, or ``""``."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    return ""


def refuse_binary(head: bytes, where: str) -> None:
    """Raise DataError when ``head``, the first bytes of a file, cannot be the start of a text.

    A known signature is refused, and so are bytes of which more than 5 % are NUL and no
    byte-order mark explains it.
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise DataError(where, kind, "text", "Extract its text first.")
    if not marked_encoding(head) and head.count(0) * 20 > len(head):
        raise DataError(
            where,
            f"binary data (NUL byte at offset {head.index(0)})",
            _EXPECTED,
            "UTF-16 needs its byte-order mark; other binary formats must be converted to text.",
        )


def decode(raw: bytes, where: str, declared: str = "") -> str:
    """Return the text of a whole document, newlines unchanged, byte-order mark removed.

    Args:
        raw: the document's bytes.
        where: the document's name, for messages.
        declared: an encoding that the document names itself (HTML); a hint, used when ``raw`` is
            not UTF-8 and the name is known.

    Raises:
        DataError: binary content, or bytes that no encoding explains; names the byte offset.
    """
    refuse_binary(raw[:4096], where)
    marked = marked_encoding(raw)
    try:
        text = raw.decode(marked or "utf-8")
    except UnicodeDecodeError as error:
        if marked:
            raise _undecodable(raw, error, where, f"{marked} (byte-order mark)") from None
        sample = raw[max(0, error.start - 1024) : error.start + _SAMPLE_BYTES]
        text = _decode_declared(raw, declared) or _decode_legacy(raw, sample, error, where)[0]
    if "\x00" in text:
        offset = text.index("\x00")
        raise DataError(
            where, f"a NUL character at character offset {offset}", "text", "Remove it."
        )
    return text


class LineDecoder:
    """Decodes the lines of one file, all alike, without having read the file to its end.

    UTF-8 is tried on every line. The first line with a byte above 127 that is not UTF-8 settles a
    legacy encoding for the file, unless a line before it was already UTF-8 and not mere ASCII:
    then the file is UTF-8 and that line is damaged.
    """

    def __init__(self) -> None:
        self.encoding = ""

    def decode(self, line: bytes, where: str, sample: bytes = b"") -> str:
        """Return the text of ``line``; ``sample`` is what follows it, to help detection.

        Raises:
            DataError: the line cannot be decoded; names the byte offset in the line.
        """
        if line.isascii():
            return line.decode("ascii")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            if self.encoding == "utf-8":
                raise _undecodable(
                    line, error, where, "UTF-8, as the lines before it are"
                ) from None
            if self.encoding:
                try:
                    return line.decode(self.encoding)
                except UnicodeDecodeError as legacy:
                    raise _undecodable(line, legacy, where, self.encoding) from None
            text, self.encoding = _decode_legacy(line, line + sample, error, where)
            return text
        self.encoding = self.encoding or "utf-8"
        return text


def _undecodable(raw: bytes, error: UnicodeDecodeError, where: str, expected: str) -> DataError:
    found = f"byte 0x{raw[error.start]:02X} at byte offset {error.start}"
    return DataError(where, f"{found}, which cannot be decoded", expected, _FIX)


def _decode_declared(raw: bytes, declared: str) -> str:
    try:
        name = codecs.lookup(declared).name if declared else ""
        # On the web the label latin-1 means cp1252, and says so in the HTML standard.
        name = "cp1252" if name == "iso8859-1" else name
        return raw.decode(name) if name.startswith(_DECLARABLE) else ""
    except (LookupError, UnicodeError, ValueError):
        return ""


def _decode_legacy(
    raw: bytes, sample: bytes, error: UnicodeDecodeError, where: str
) -> tuple[str, str]:
    """Return the text of ``raw`` and the encoding found in ``sample``, or raise DataError."""
    for evidence in dict.fromkeys((sample, raw)):
        encoding = _detect(evidence)
        if not encoding:
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeError:
            continue
        if not _CONTROLS.search(text):
            return text, encoding
    found = f"byte 0x{raw[error.start]:02X} at byte offset {error.start}"
    raise DataError(where, f"{found}: neither UTF-8 nor a known encoding", _EXPECTED, _FIX)


def _detect(raw: bytes) -> str:
    """Return the name of the legacy encoding of ``raw``, or ``""`` when nothing is plausible."""
    from charset_normalizer import from_bytes

    western = list(from_bytes(raw, cp_isolation=list(_WESTERN)))
    chaos = min((match.chaos for match in western), default=1.0)
    readings = [(match.encoding, str(match)) for match in western]
    if chaos > _PLAUSIBLE:
        french = [(name, text) for name, text in _western_readings(raw) if _looks_french(text)]
        if not french:
            other = from_bytes(raw).best()
            if other is not None and other.chaos < chaos - _CLEARLY_BETTER:
                return str(other.encoding)
        readings = french or readings
    if not readings:
        return ""
    readings.sort(key=lambda reading: _WESTERN.index(reading[0]))
    best = max(readings, key=lambda reading: len(_FRENCH.findall(reading[1])))[0]
    if best == "cp1252" and not _C1.search(raw) and _LATIN9.search(raw):
        return "iso8859_15"
    return best


def _western_readings(raw: bytes) -> Iterator[tuple[str, str]]:
    for name in _WESTERN:
        with suppress(UnicodeDecodeError):
            yield name, raw.decode(name)


def _looks_french(text: str) -> bool:
    """Say whether nearly all that is not ASCII, and that is little, are French letters, quotes."""
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return foreign * 10 < len(text) and len(_FRENCH.findall(text)) >= foreign * 0.9
