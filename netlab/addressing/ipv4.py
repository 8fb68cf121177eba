"""IPv4 addresses: strict dotted decimal (RFC 6943 §3.1.1 calls it that) to a number of 32 bits and back.

Four octets of decimal digits without leading zeros, and nothing else. The forms that inet_aton(3) also takes
(octal, hexadecimal, fewer than four parts) mean different addresses to different programs: they are refused,
and the error says what each would have been.
"""

from __future__ import annotations

from netlab.addressing.mistakes import AddressError, brief

WIDTH = 32
ALL = (1 << WIDTH) - 1

# The only 256 texts that are octets: looking one up checks digits, leading zeros and range at once.
OCTETS = {str(number): number for number in range(256)}
_DIGITS = frozenset("0123456789")


def parse(text: str) -> int:
    """The number of a dotted-decimal address; AddressError says where it is wrong."""
    try:
        a, b, c, d = map(OCTETS.__getitem__, text.split("."))
    except (KeyError, ValueError):
        raise mistake(text) from None
    return a << 24 | b << 16 | c << 8 | d


def to_text(value: int) -> str:
    """Dotted decimal."""
    return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"


def mistake(text: str) -> AddressError:
    """What is wrong with a text that is no IPv4 address."""
    if not text:
        return AddressError(text, 0, "empty where an address should be")
    position = next((at for at, char in enumerate(text) if char not in _DIGITS and char != "."), None)
    if position is not None:
        return _strange(text, position)
    parts = text.split(".")
    at = 0
    for part in parts:
        if not part:
            return AddressError(text, at, "an octet is missing")
        at += len(part) + 1
    if len(parts) != 4:
        return _parts(text, parts)
    at = 0
    for part in parts:
        if len(part) > 1 and part[0] == "0":
            return _leading_zero(text, at, part, parts)
        if part not in OCTETS:
            return AddressError(text, at, f"octet {brief(part)} is larger than 255")
        at += len(part) + 1
    return AddressError(text, 0, "no IPv4 address")


def _strange(text: str, position: int) -> AddressError:
    """A character that no IPv4 address has."""
    char = text[position]
    if text != text.strip():
        return AddressError(text, 0, "spaces around an address", text.strip())
    if char.isdigit():
        meant = "".join(str(int(each)) if each.isdecimal() else each for each in text)
        return AddressError(text, position, f"{char} is a digit, but not one of 0 to 9", meant)
    if char == "," and text.count(",") == 3:
        return AddressError(text, position, "commas between octets", text.replace(",", "."))
    if char in "xX" and text[position - 1 : position] == "0":
        return _hexadecimal(text, position)
    if char == ":" and text.count(":") == 1 and text[position + 1 :].isdigit():
        return AddressError(text, position, "an address has no port", text[:position])
    if "-" in text and (ends := _range(text)):
        return AddressError(text, position, "a range, not an address", None, f"netlab cidr range {ends}")
    if char == " " and not set(text) - _DIGITS - set(". /"):
        return AddressError(text, position, "a space before the mask", "/".join(text.split()))
    if any(each.isalpha() for each in text):
        lookup = f"getent ahosts {text} looks a name up; then ask for the address" if _is_host_name(text) else None
        return AddressError(text, 0, "a name, not an address", None, lookup)
    return AddressError(text, position, f"'{char}' is in no IPv4 address")


def _is_host_name(text: str) -> bool:
    """Letters, digits and hyphens between dots (RFC 1123 §2.1), and short enough to be said again in an error."""
    labels = text.removesuffix(".").split(".")
    return len(text) <= 63 and all(label and label.isascii() and _is_label(label) for label in labels)


def _is_label(label: str) -> bool:
    return label.replace("-", "").isalnum() and label[0] != "-" and label[-1] != "-"


def _range(text: str) -> str | None:
    """The ends of 10.0.0.0-10.0.0.255 and of 10.0.0.0-255, with a space between; None for what is no such range."""
    first, last = (end.strip() for end in text.split("-", 1))
    try:
        start = parse(first)
        end = start & ~255 | OCTETS[last] if last in OCTETS else parse(last)
    except AddressError:
        return None
    return f"{to_text(start)} {to_text(end)}" if start <= end else None


def _hexadecimal(text: str, position: int) -> AddressError:
    try:
        number = int(text, 16)
    except ValueError:
        return AddressError(text, position - 1, "an octet in hexadecimal")
    meant = to_text(number) if number <= ALL else None
    return AddressError(text, 0, "an address as one hexadecimal number", meant)


def _parts(text: str, parts: list[str]) -> AddressError:
    """Too few parts mean something to inet_aton(3): the last one fills all octets that are left."""
    if len(parts) > 4:
        return AddressError(text, len(".".join(parts[:4])), f"{len(parts)} octets; an IPv4 address has four")
    numbers = [int(part) for part in parts if len(part) <= 10]
    room = 5 - len(parts)
    meant = None
    if len(numbers) == len(parts) and all(n < 256 for n in numbers[:-1]) and numbers[-1] < 1 << 8 * room:
        value = numbers[-1]
        for index, number in enumerate(numbers[:-1]):
            value |= number << 24 - 8 * index
        meant = to_text(value)
    if len(parts) == 1:
        return AddressError(text, 0, "one number; an IPv4 address has four octets", meant)
    return AddressError(text, len(text), f"{len(parts)} octets; an IPv4 address has four", meant)


def _leading_zero(text: str, at: int, part: str, parts: list[str]) -> AddressError:
    """RFC 6943 §3.1.1: some read octal, others decimal. We refuse to guess and show both."""
    decimal = ".".join(each.lstrip("0") or "0" for each in parts)
    octal = [
        int(each, 8) if each[0] == "0" and set(each) <= set("01234567") else int(each)
        for each in parts
        if len(each) < 12
    ]
    hint = f"did you mean {decimal}?" if all(len(each.lstrip("0")) <= 3 for each in parts) else None
    if hint and len(octal) == 4 and max(octal) < 256 and ".".join(map(str, octal)) != decimal:
        hint = f"did you mean {decimal}, or (octal, as inet_aton reads it) {'.'.join(map(str, octal))}?"
    return AddressError(text, at, f"octet {brief(part)} has a leading zero", decimal, hint)
