"""Content-Encoding undone (RFC 9110 §8.4): gzip (RFC 1952), deflate (RFC 1950; bare RFC 1951 data is taken, too).

A few bytes can decode to gigabytes, so every step has a bound, and all of them together.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

_STEP = 1 << 20
KNOWN = ("gzip", "x-gzip", "deflate", "identity")


class DecodingError(Exception):
    """The encoded bytes are not what they are said to be, or too much comes out of them."""


class Decoder:
    """Undoes one coding, piece by piece. `made` counts bytes that came out."""

    def __init__(self, coding: str, most: int) -> None:
        self._gzip = coding != "deflate"
        self._most = most
        self._coding = coding
        self._inflate = zlib.decompressobj(31 if self._gzip else 15)
        self._opening = b""
        self._begun = False
        self.made = 0

    def feed(self, data: bytes) -> bytes:
        """What `data` decodes to. Raises DecodingError."""
        if not self._gzip and not self._begun:
            data = self._opening + data
            if len(data) < 2:
                self._opening = data
                return b""
            if not _has_zlib_header(data):
                self._inflate = zlib.decompressobj(-15)  # without the zlib wrapper: wrong, and common
        self._begun = self._begun or bool(data)
        parts: list[bytes] = []
        full = False  # the last step made as much as it may: more may wait inside
        while data or (full and not self._inflate.eof):
            if self._inflate.eof:
                if not self._gzip:
                    raise DecodingError(f"{len(data)} bytes after the end of the {self._coding} data")
                self._inflate = zlib.decompressobj(31)  # gzip: members follow one another (RFC 1952 §2.2)
            part = self._step(data)
            self.made += len(part)
            if self.made > self._most:
                raise DecodingError(f"more than {self._most} bytes come out of it (netlab's limit)")
            parts.append(part)
            full = len(part) == _STEP
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
        return b"".join(parts)

    def _step(self, data: bytes) -> bytes:
        try:
            return self._inflate.decompress(data, _STEP)
        except zlib.error as error:
            raise DecodingError(f"not {self._coding} data: {error}") from None

    def finish(self) -> None:
        """No more is to come. Raises DecodingError where more should."""
        if (self._begun or self._opening) and not self._inflate.eof:
            raise DecodingError(f"the {self._coding} data ends in the middle")


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950 §2.2: method 8, and a check of five bits over the first two bytes."""
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0


def codings(values: Sequence[bytes]) -> list[str]:
    """The codings of all Content-Encoding values, in the order they were applied, lower case."""
    words = (word.strip(b" \t").lower().decode("latin-1") for value in values for word in value.split(b","))
    return [word for word in words if word and word != "identity"]


def decoded(body: bytes, names: Sequence[str], most: int) -> bytes:
    """`body` with its codings undone, the last first. Raises DecodingError, for a coding that is not known, too."""
    if len(names) > 4:
        raise DecodingError(f"{len(names)} codings, one upon the other (netlab's limit is 4)")
    for name in reversed(names):
        if name not in KNOWN:
            raise DecodingError(f"'{name}' is not known here")
        decoder = Decoder(name, most)
        body = decoder.feed(body)
        decoder.finish()
    return body
