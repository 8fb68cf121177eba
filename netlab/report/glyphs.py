"""What to draw with: Unicode where the terminal can show it, and the same picture in ASCII where it cannot.

Reports are composed in Unicode. `to_encoding` translates the finished text for a terminal with LANG=C, so that no
letter of a report can make printing it fail.
"""

from __future__ import annotations

TICK = "✓"
CROSS = "✗"
BULLET = "•"
LEVELS = "▁▂▃▄▅▆▇█"

# One character for one character wherever columns must stay aligned.
_ASCII = str.maketrans(
    f"{TICK}{CROSS}{BULLET}–—−µ×·…▁▂▃▄▅▆▇█▏▎▍▌▋▊▉─│┤┼└┴┬├┌┐┘●▲■◆○△□◇←▶◀▪≥≤→’‘“”§",
    "+x*---ux|~..::==##||===##-||++++|+++oA#@cv%&<><*><>''\"\"S",
)


_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\ufffd")


def printable(text: str) -> str:
    """`text` on one line and without control characters: a peer's words must not move the cursor or change colours."""
    return " ".join(text.split()).translate(_CONTROLS)


def sentence(text: str) -> str:
    """A heading: `text` with a capital letter."""
    text = printable(text)
    return text[:1].upper() + text[1:]


def can_show_unicode(encoding: str | None) -> bool:
    """True for the encodings that have all of Unicode."""
    return (encoding or "").lower().replace("_", "-").startswith("utf")


def to_encoding(text: str, encoding: str | None) -> str:
    """`text` in characters that `encoding` has: unchanged in UTF-8, otherwise ASCII and, at worst, "?"."""
    if can_show_unicode(encoding):
        return text.encode("utf-8", "replace").decode()  # lone surrogates, from undecodable file names
    drawn = "".join(" " if ch == "\u2800" else "." if "\u2800" < ch <= "\u28ff" else ch for ch in text)
    return drawn.translate(_ASCII).encode("ascii", "replace").decode()
