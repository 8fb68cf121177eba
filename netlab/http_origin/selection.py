"""Which part of a representation is sent, if any: conditions (RFC 9110 §13) and ranges (§14), as pure functions.

Left out, as the RFC permits: several ranges at once (answered with the whole), If-Match and If-Unmodified-Since.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


def etag(*parts: int | str | bytes) -> str:
    """A strong entity tag made of what tells one state of a representation from another (RFC 9110 §8.8.3)."""
    import zlib

    material = "\0".join(part.hex() if isinstance(part, bytes) else str(part) for part in parts).encode()
    return f'"{zlib.crc32(material):08x}-{zlib.adler32(material):08x}"'


def not_modified(tag: str, modified_s: int | None, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """True where the client has it already: If-None-Match by weak comparison, and only without it If-Modified-Since
    (RFC 9110 §13.1.2, §13.1.3, §13.2.2)."""
    if if_none_match is not None:
        tags = re.findall(r'(?:W/)?("[^"]*")', if_none_match)
        return if_none_match.strip() == "*" or tag in tags
    if if_modified_since is not None and modified_s is not None:
        since_s = http_date_s(if_modified_since)
        return since_s is not None and modified_s <= since_s
    return False


def http_date_s(text: str) -> int | None:
    """Seconds since 1970 of an HTTP date (RFC 9110 §5.6.7); None where it is none."""
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


class Unsatisfiable(Exception):
    """A range that begins behind the end: 416 (RFC 9110 §15.5.17)."""


def selected(length: int, range_field: str | None) -> tuple[int, int] | None:
    """The (start, end) that a Range field asks of `length` bytes, `end` exclusive; None: the whole.

    A field that cannot be read is ignored (RFC 9110 §14.2). Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch(range_field.strip()) if range_field else None
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:  # "-500": the last so many
        start, end = max(0, length - int(match[2])), length
        if not int(match[2]) or not length:
            raise Unsatisfiable
        return start, end
    start = int(match[1])
    if match[2] and int(match[2]) < start:
        return None  # an invalid range is ignored
    if start >= length:
        raise Unsatisfiable
    return start, min(length, int(match[2]) + 1) if match[2] else length
