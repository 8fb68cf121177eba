r"""Responses and what RFC 9112 makes of them: one line a case.

`^` in the bytes marks the byte that must be named (it is no part of them). `verdict`: "complete", "incomplete" or
"refused". `source`: what the refusal must cite. `lenient`: the verdict with that switch, where it is another.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One response, or several."""

    name: str
    wire: bytes
    verdict: str = "complete"
    source: str = ""
    body: bytes = b""
    methods: tuple[str, ...] = ("GET",)
    lenient: str = ""
    reusable: bool = True
    noted: str = ""
    ended: bool = True
    where: str = ""

    @property
    def data(self) -> bytes:
        """The bytes without the mark."""
        return self.wire.replace(b"^", b"", 1) if self.verdict == "refused" else self.wire

    @property
    def place(self) -> int:
        """The byte that must be named."""
        return self.wire.index(b"^")


OK = b"HTTP/1.1 200 OK\r\n"
TE = OK + b"Transfer-Encoding: chunked\r\n\r\n"
S2, S4, S5, S6, S7, S8 = "RFC 9112 §2", "RFC 9112 §4", "RFC 9112 §5", "RFC 9112 §6", "RFC 9112 §7", "RFC 9112 §8"
S63 = "RFC 9112 §6.3"


LAST = b"0\r\n\r\n"
CL3 = b"Content-Length: 3\r\n"
X = b"1\r\nx\r\n0\r\n\r\n"  # the body "x", chunked
ONE = OK + b"Content-Length: 1\r\n\r\n"
BOTH = "there is a Transfer-Encoding"
TWO = ("GET", "GET")


def coded(codings: bytes, body: bytes = X, *, before: bytes = b"") -> bytes:
    """A response with this Transfer-Encoding, and a field before it."""
    return OK + before + b"Transfer-Encoding: " + codings + b"\r\n\r\n" + body


def refused(name: str, wire: bytes, source: str, **more: object) -> Case:
    """A case that is refused at its mark."""
    return Case(name, wire, "refused", source, **more)  # type: ignore[arg-type]


def let_pass(name: str, wire: bytes, source: str) -> Case:
    """Refused at its mark; with `lenient` it is let pass, and said so."""
    return Case(name, wire, "refused", source, lenient="complete")


GOOD = [
    Case("content-length", OK + b"Content-Length: 5\r\n\r\nhello", body=b"hello"),
    Case("content-length 0", OK + b"Content-Length: 0\r\n\r\n"),
    Case("no reason", b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
    Case("no reason and no space", b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", noted="no SP"),
    Case("reason that begins with a space", b"HTTP/1.1 200  OK\r\nContent-Length: 0\r\n\r\n"),
    Case("reason in UTF-8", "HTTP/1.1 200 Größe\r\nContent-Length: 0\r\n\r\n".encode()),
    Case("status of no class", b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", noted="no class"),
    Case("HTTP/1.2 is read as 1.1", b"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", noted="HTTP/1.2"),
    Case("empty value", OK + b"X:\r\nY: \r\nContent-Length: 0\r\n\r\n"),
    Case("tabs around a value", OK + b"Content-Length:\t5\t \r\n\r\nhello", body=b"hello"),
    Case("value with obs-text", OK + b"X: \xe4\xff\r\nContent-Length: 0\r\n\r\n"),
    Case("every token character in a name", OK + b"!#$%&'*+-.^_`|~09aZ: x\r\nContent-Length: 0\r\n\r\n"),
    Case("length said twice, 5, 5", OK + b"Content-Length: 5, 5\r\n\r\nhello", body=b"hello", noted="2 times"),
    Case("length in two lines, the same", OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", body=b"hello"),
    Case("length with leading zeros", OK + b"Content-Length: 0005\r\n\r\nhello", body=b"hello"),
    Case("length-like names are others", OK + b"Content-Length-X: 9\r\nContent-Length: 5\r\n\r\nhello", body=b"hello"),
    Case("until close", OK + b"\r\nall of it", body=b"all of it", reusable=False),
    Case("until close, empty", OK + b"\r\n", reusable=False),
    Case("chunked", TE + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", body=b"hello world"),
    Case("chunked, empty", TE + b"0\r\n\r\n"),
    Case("chunk size in capitals, with zeros", TE + b"000A\r\n0123456789\r\n00\r\n\r\n", body=b"0123456789"),
    Case("chunk data that looks like a chunk", TE + b"5\r\n0\r\n\r\n\r\n0\r\n\r\n", body=b"0\r\n\r\n"),
    Case("extensions", TE + b'5;a;b=c;d="e;\\"f\\r"\r\nhello\r\n0;z\r\n\r\n', body=b"hello"),
    Case("extension with bad white space", TE + b"5 ; a = b\r\nhello\r\n0\r\n\r\n", body=b"hello"),
    Case("trailers", TE + b"1\r\nx\r\n0\r\nExpires: never\r\nX-Sum: 1\r\n\r\n", body=b"x"),
    Case("trailer that may not be one", TE + b"0\r\nContent-Length: 5\r\n\r\n", noted="ignored"),
    Case("chunked in capitals", OK + b"Transfer-Encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n", body=b"x"),
    Case("chunked with an empty element", OK + b"Transfer-Encoding: , chunked,\r\n\r\n1\r\nx\r\n0\r\n\r\n", body=b"x"),
    Case("TE and CL: TE wins", coded(b"chunked", before=CL3), body=b"x", reusable=False, noted=BOTH),
    Case("TE and CL the other way round", coded(b"chunked\r\n" + CL3[:-2], LAST), reusable=False, noted=BOTH),
    Case("TE and a malformed CL", coded(b"chunked\r\nContent-Length: +3", LAST), reusable=False, noted=BOTH),
    Case("gzip, chunked", coded(b"gzip, chunked"), body=b"x", noted="gzip"),
    Case("gzip, then chunked in the next line", coded(b"gzip\r\nTransfer-Encoding: chunked"), body=b"x", noted="gzip"),
    Case("chunked is not the last", coded(b"chunked, gzip", b"1\r\nx"), body=b"1\r\nx", reusable=False),
    Case("unknown coding alone", coded(b"chunkedchunked", b"abc"), body=b"abc", reusable=False, noted="chunkedchunked"),
    Case("identity", OK + b"Transfer-Encoding: identity\r\n\r\nabc", body=b"abc", reusable=False),
    Case("HTTP/1.0 closes", b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", body=b"x", reusable=False),
    Case("HTTP/1.0 keep-alive", b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", body=b"x"),
    Case(
        "HTTP/1.0 with a transfer coding",
        coded(b"chunked", before=b"Connection: keep-alive\r\n").replace(b"1.1", b"1.0", 1),
        body=b"x",
        reusable=False,
        noted="HTTP/1.0 has no",
    ),
    Case("connection: close", OK + b"Content-Length: 0\r\nConnection: foo, Close\r\n\r\n", reusable=False),
    Case("HEAD", OK + b"Content-Length: 5\r\n\r\n", methods=("HEAD",)),
    Case("HEAD with a malformed length", OK + b"Content-Length: 5,6\r\n\r\n", methods=("HEAD",)),
    Case("HEAD, chunked", TE, methods=("HEAD",)),
    Case("204", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
    Case("304", b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
    Case("100 first", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx", body=b"x"),
    Case(
        "103 with fields and a length",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx",
        body=b"x",
    ),
    Case("many 1xx", b"HTTP/1.1 102 P\r\n\r\n" * 16 + OK + b"Content-Length: 0\r\n\r\n"),
    Case("empty line before the status line", b"\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n", noted="empty line"),
    Case("empty lines after the last response", OK + b"Content-Length: 0\r\n\r\n\r\n\r\n"),
    Case("obs-fold", OK + b"X: a\r\n  b\r\nContent-Length: 0\r\n\r\n", noted="folded"),
    Case("obs-fold of an empty value", OK + b"X:\r\n\tb\r\nContent-Length: 0\r\n\r\n", noted="folded"),
    Case("obs-fold in a length", OK + b"Content-Length:\r\n 5\r\n\r\nhello", body=b"hello", noted="folded"),
    Case("obs-fold that is only white space", OK + b"X: a\r\n \r\nContent-Length: 0\r\n\r\n", noted="folded"),
    Case("two pipelined", ONE + b"a" + TE + b"1\r\nb\r\n0\r\n\r\n", body=b"ab", methods=TWO),
    Case("HEAD then GET pipelined", ONE + ONE + b"b", body=b"b", methods=("HEAD", "GET")),
]

BAD_LINES = [
    refused("not HTTP", b"^SSH-2.0-OpenSSH_9.2\r\n", S2 + ".3"),
    refused("HTTP in small letters", b"^http/1.1 200 OK\r\n\r\n", S2 + ".3"),
    refused("HTTPS/", b"HTTP^S/1.1 200 OK\r\n\r\n", S2 + ".3"),
    refused("two digits of major version", b"HTTP/1^1.1 200 OK\r\n\r\n", S2 + ".3"),
    refused("two digits of minor version", b"HTTP/1.1^1 200 OK\r\n\r\n", S4),
    refused("HTTP/2.0", b"HTTP/^2.0 200 OK\r\n\r\n", S2 + ".3"),
    refused("HTTP/0.9", b"HTTP/^0.9 200 OK\r\n\r\n", S2 + ".3"),
    let_pass("tab after version", b"HTTP/1.1^\t200 OK\r\n\r\n", S4),
    let_pass("two spaces after version", b"HTTP/1.1 ^ 200 OK\r\n\r\n", S4),
    refused("one digit of status", b"HTTP/1.1 2^ OK\r\n\r\n", S4),
    refused("four digits of status", b"HTTP/1.1 200^0 OK\r\n\r\n", S4),
    refused("letters for a status", b"HTTP/1.1 ^OK\r\n\r\n", S4),
    refused("status in other digits", b"HTTP/1.1 " + b"^" + "٢٠٠ OK\r\n\r\n".encode(), S4),
    refused("negative status", b"HTTP/1.1 ^-20 OK\r\n\r\n", S4),
    refused("the status line ends early", b"HTTP/1.1^\r\n\r\n", S4),
    refused("NUL in the reason", b"HTTP/1.1 200 O^\x00K\r\n\r\n", "RFC 9110 §5.5"),
    refused("bare CR in the status line", b"HTTP/1.1 200 OK^\rX: y\r\n\r\n", S2 + ".2"),
    let_pass("bare LF after the status line", b"HTTP/1.1 200 OK^\nContent-Length: 0\r\n\r\n", S2 + ".2"),
    let_pass("bare LF after a field", OK + b"Content-Length: 0^\n\r\n", S2 + ".2"),
    let_pass("bare LF for the empty line", OK + b"Content-Length: 0\r\n^\n", S2 + ".2"),
    let_pass("only LFs", b"HTTP/1.1 200 OK^\nContent-Length: 0\n\n", S2 + ".2"),
    refused("bare CR in a value", OK + b"X: a^\rb\r\n\r\n", S2 + ".2"),
    refused("CR before CR LF", OK + b"X: a^\r\r\n\r\n", S2 + ".2"),
    refused("NUL in a value", OK + b"X: a^\x00\r\n\r\n", "RFC 9110 §5.5"),
    let_pass("control character in a value", OK + b"X: a^\x0bb\r\nContent-Length: 0\r\n\r\n", "RFC 9110 §5.5"),
    let_pass("DEL in a value", OK + b"X: ^\x7f\r\nContent-Length: 0\r\n\r\n", "RFC 9110 §5.5"),
    let_pass("space before the colon", OK + b"Content-Length^ : 0\r\n\r\n", S5 + ".1"),
    let_pass("tab before the colon", OK + b"Content-Length^\t: 0\r\n\r\n", S5 + ".1"),
    let_pass("no colon", OK + b"garbage^\r\nContent-Length: 0\r\n\r\n", S5),
    let_pass("no name", OK + b"^: x\r\nContent-Length: 0\r\n\r\n", S5),
    let_pass("space in a name", OK + b"en-US^ Content-Type: x\r\nContent-Length: 0\r\n\r\n", S5),
    let_pass("name with (", OK + b"X^(y): x\r\nContent-Length: 0\r\n\r\n", S5),
    let_pass("name with obs-text", OK + b"X^\xe4: x\r\nContent-Length: 0\r\n\r\n", S5),
    refused("NUL in a name", OK + b"X^\x00: x\r\n\r\n", S5),
    let_pass("white space after the status line", OK + b"^ X: y\r\nContent-Length: 0\r\n\r\n", S2 + ".2"),
    refused("NUL in a folded line", OK + b"X: a\r\n b^\x00\r\n\r\n", "RFC 9110 §5.5"),
]

BAD_FRAMING = [
    refused("lengths 5,6", OK + b"Content-Length: 5,^6\r\n\r\n", S63),
    refused("lengths 6,5", OK + b"Content-Length: 6, ^5\r\n\r\n", S63),
    refused("lengths in two lines", OK + b"Content-Length: 5\r\nContent-Length: ^6\r\n\r\n", S63),
    refused("length +5", OK + b"Content-Length: ^+5\r\n\r\nhello", S63),
    refused("length -5", OK + b"Content-Length: ^-5\r\n\r\nhello", S63),
    refused("length 0x5", OK + b"Content-Length: 0^x5\r\n\r\nhello", S63),
    refused("length 5_0", OK + b"Content-Length: 5^_0\r\n\r\nhello", S63),
    refused("length 5.0", OK + b"Content-Length: 5^.0\r\n\r\nhello", S63),
    refused("length 5 0", OK + b"Content-Length: 5^ 0\r\n\r\nhello", S63),
    refused("length in other digits", OK + b"Content-Length: ^" + "٥".encode() + b"\r\n\r\nhello", S63),
    refused("length superscript", OK + b"Content-Length: ^\xb2\r\n\r\nhello", S63),
    refused("empty length", OK + b"Content-Length:^\r\n\r\nhello", S63),
    refused("length with an empty element", OK + b"Content-Length: 5,^\r\n\r\nhello", S63),
    refused("length above 2^63-1", OK + b"Content-Length: ^9223372036854775808\r\n\r\n", "RFC 9110 §8.6"),
    refused("length of 5000 digits", OK + b"Content-Length: ^" + b"9" * 5000 + b"\r\n\r\n", "RFC 9110 §8.6"),
    refused("chunked twice", OK + b"Transfer-Encoding: chunked, ^chunked\r\n\r\n", S6 + ".1"),
    refused("chunked with a parameter", OK + b"Transfer-Encoding: chunked^;a=b\r\n\r\n", S7 + ".1"),
    refused("a coding that is no token", OK + b"Transfer-Encoding: ^\xffchunked\r\n\r\n", S7),
    refused("a coding of two words", OK + b"Transfer-Encoding: chunked ^now\r\n\r\n", S7),
]

BAD_CHUNKS = [
    refused("no chunk size", TE + b"^\r\n", S7 + ".1"),
    refused("chunk size +5", TE + b"^+5\r\nhello\r\n0\r\n\r\n", S7 + ".1"),
    refused("chunk size -1", TE + b"^-1\r\n", S7 + ".1"),
    refused("chunk size 0x5", TE + b"0^x5\r\nhello\r\n", S7 + ".1"),
    refused("chunk size 5_0", TE + b"5^_0\r\n", S7 + ".1"),
    refused("space before the size", TE + b"^ 5\r\nhello\r\n", S7 + ".1"),
    let_pass("space after the size", TE + b"5^ \r\nhello\r\n0\r\n\r\n", S7 + ".1"),
    refused("junk after the size", TE + b"5 ^junk\r\nhello\r\n", S7 + ".1"),
    refused("chunk size overflow", TE + b"^ffffffffffffffff\r\n", S7 + ".1"),
    refused("chunk size of 17 digits", TE + b"^00000000000000005\r\nhello\r\n", S7 + ".1"),
    let_pass("bare LF after the size", TE + b"5^\nhello\r\n0\r\n\r\n", S2 + ".2"),
    refused("bare CR in the chunk line", TE + b"5;a^\rb\r\n", S2 + ".2"),
    refused("no name after the semicolon", TE + b"5;^\r\nhello\r\n", S7 + ".1.1"),
    refused("no value after =", TE + b"5;a=^\r\nhello\r\n", S7 + ".1.1"),
    refused("quote that does not end", TE + b'5;a="b^\r\nhello\r\n', S7 + ".1.1"),
    refused("LF in a quoted string", TE + b'5;a="b^\n"\r\nhello\r\n', S7 + ".1.1"),
    refused("no CRLF after the data", TE + b"5\r\nhello^6\r\n", S7 + ".1", body=b"hello"),
    refused("CR and something after the data", TE + b"5\r\nhello\r^6\r\n", S7 + ".1", body=b"hello"),
    refused("bare LF after the data", TE + b"5\r\nhello^\n0\r\n\r\n", S7 + ".1", lenient="complete", body=b"hello"),
    let_pass("trailer with a space before the colon", TE + b"0\r\nX^ : y\r\n\r\n", S5 + ".1"),
    let_pass("trailer without a colon", TE + b"0\r\nX^\r\n\r\n", S5),
    let_pass("white space in front of the trailers", TE + b"0\r\n^ X: y\r\n\r\n", S2 + ".2"),
    let_pass("bare LF for the end of the trailers", TE + b"0\r\n^\n", S2 + ".2"),
]

UNASKED = [
    refused("more than the length", OK + b"Content-Length: 5\r\n\r\nhello^ there", "RFC 9112 §9.2", body=b"hello"),
    refused("a response that nobody asked for", OK + b"Content-Length: 0\r\n\r\n^" + OK + b"\r\n", "RFC 9112 §9.2"),
    refused("a body after 204", b"HTTP/1.1 204 No Content\r\n\r\n^hello", "RFC 9112 §9.2"),
    refused("a body after HEAD", OK + b"Content-Length: 5\r\n\r\n^hello", "RFC 9112 §9.2", methods=("HEAD",)),
    refused(
        "a response after the last",
        OK + b"Connection: close\r\nContent-Length: 0\r\n\r\n^" + OK + b"\r\n",
        "RFC 9112 §9.6",
        methods=("GET", "GET"),
    ),
]

CUT = [
    Case("nothing at all", b"", "incomplete", S8),
    Case("nothing after an interim response", b"HTTP/1.1 100 Continue\r\n\r\n", "incomplete", S8),
    Case("cut in the version", b"HTT", "incomplete", S8, where="status line"),
    Case("cut in the status line", b"HTTP/1.1 20", "incomplete", S8, where="status line"),
    Case("cut in a field", OK + b"A: b\r\nContent-Le", "incomplete", S8, where="field line 2"),
    Case("cut before the empty line", OK + b"A: b\r\n", "incomplete", S8),
    Case("cut in the empty line", OK + b"A: b\r\n\r", "incomplete", S8),
    Case("cut in the body", OK + b"Content-Length: 5\r\n\r\nhel", "incomplete", S8, body=b"hel", where="body"),
    Case("cut in a chunk size", TE + b"5", "incomplete", S8, where="chunk 1"),
    Case("cut in chunk data", TE + b"5\r\nhel", "incomplete", S8, body=b"hel", where="chunk 1"),
    Case("cut after chunk data", TE + b"5\r\nhello\r", "incomplete", S8, body=b"hello", where="chunk 1"),
    Case("cut before the last chunk", TE + b"5\r\nhello\r\n", "incomplete", S8, body=b"hello", where="chunk 2"),
    Case("cut in the trailers", TE + b"0\r\nX: y\r\n", "incomplete", S8, where="trailer section"),
    Case("the second of two is missing", OK + b"Content-Length: 0\r\n\r\n", "incomplete", S8, methods=("GET", "GET")),
    Case(
        "the last of two will not come",
        OK + b"Content-Length: 0\r\nConnection: close\r\n\r\n",
        "incomplete",
        S8,
        methods=("GET", "GET"),
        where="after the response",
    ),
]

CASES = [*GOOD, *BAD_LINES, *BAD_FRAMING, *BAD_CHUNKS, *UNASKED, *CUT]
