"""Files of a folder: nothing outside of it, whatever the path says and wherever a symbolic link points.

A file is opened first, and then the kernel is asked what was opened (/proc/self/fd, proc(5)): so there is no moment
between looking and opening in which a path could become another. Left out: precompressed files, symbolic names.
"""

from __future__ import annotations

import html
import mimetypes
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from netlab.http_origin.message import Field, OriginAnswer, Piece, ReceivedRequest, text
from netlab.http_origin.representation import representation
from netlab.http_origin.selection import etag

_PIECE_BYTES = 65536
_MOST_LISTED = 10_000


def serve(root: str, request: ReceivedRequest) -> OriginAnswer:
    """The file (or listing) at the request's path below `root`; 404 where there is none that may be seen."""
    path = request.path
    if "\0" in path or ".." in path.split("/"):
        return text("no such file\n", 404)
    fd = opened(root, path.strip("/"))
    if fd is None:
        return text("no such file\n", 404)
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        return _folder(root, fd, request, path)
    if path.endswith("/"):
        os.close(fd)
        return text("that is a file, not a folder\n", 404)
    return _file(fd, request, path)


def opened(root: str, relative: str) -> int | None:
    """A descriptor of a regular file or folder inside `root`, or None."""
    top = os.path.realpath(root)
    try:
        # O_NONBLOCK: opening a FIFO must not wait for its writer.
        fd = os.open(Path(top, relative), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    mode, real = os.fstat(fd).st_mode, str(Path(f"/proc/self/fd/{fd}").readlink())
    inside = real == top or real.startswith(top.rstrip("/") + "/")
    if inside and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return fd
    os.close(fd)
    return None


def _file(fd: int, request: ReceivedRequest, path: str) -> OriginAnswer:
    """A regular file."""
    about = os.fstat(fd)
    kind, coding = mimetypes.guess_type(path)
    field: Field = ("Content-Type", kind if kind and not coding else "application/octet-stream")
    tag = etag(about.st_ino, about.st_mtime_ns, about.st_size)

    def pieces(start: int, end: int) -> Iterator[Piece]:
        while start < end:
            piece = os.pread(fd, min(_PIECE_BYTES, end - start), start)
            if not piece:
                return  # it has become shorter; h11 then refuses to end the message, and the connection is closed
            yield piece
            start += len(piece)

    return representation(
        request, about.st_size, tag, int(about.st_mtime), field, pieces, finished=lambda: os.close(fd)
    )


def _folder(root: str, fd: int, request: ReceivedRequest, path: str) -> OriginAnswer:
    """Its index.html, or what is in it."""
    try:
        if not path.endswith("/"):
            return text("a folder's address ends with /\n", 301, ("Location", quote(path).replace("//", "/") + "/"))
        index = opened(root, f"{path.strip('/')}/index.html".lstrip("/"))
        if index is not None:
            if stat.S_ISREG(os.fstat(index).st_mode):
                return _file(index, request, "index.html")
            os.close(index)
        with os.scandir(fd) as entries:
            names = sorted(entry.name + "/" * entry.is_dir() for entry in entries)[:_MOST_LISTED]
    finally:
        os.close(fd)
    items = "".join(f'<li><a href="./{_escaped(name)}">{_shown(name)}</a></li>\n' for name in names)
    page = f"<!DOCTYPE html>\n<title>{_shown(path)}</title>\n<ul>\n{items}</ul>\n"
    return OriginAnswer(200, [("Content-Type", "text/html; charset=utf-8")], page.encode(errors="replace"))


def _escaped(name: str) -> str:
    return quote(os.fsencode(name))


def _shown(name: str) -> str:
    return html.escape(name.encode(errors="replace").decode())
