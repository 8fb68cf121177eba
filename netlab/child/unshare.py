"""In a child process: take a user and a network namespace, and see whether they are of any use (namespaces(7))."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct

from netlab.child.child_side import Message, send

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # <linux/sched.h>
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1  # netdevice(7)


def main(config: Message) -> None:
    """Answer {"errno": 0} if an ordinary user may build networks here, else the error number and what it came from."""
    step = "unshare(2)"
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        # AppArmor on Ubuntu lets unshare(2) succeed and then grants no capability, so use one: bring up loopback.
        step = "bringing up a loopback interface in it"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    except OSError as error:
        send({"errno": error.errno, "step": step})
    else:
        send({"errno": 0, "step": step})
