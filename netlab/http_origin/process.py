"""The origin in a process of its own, as its parent sees it: start, where, stop, what it has seen."""

from __future__ import annotations

import os
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from netlab.child.handle import Child
from netlab.errors import MachineLacks, NetlabError
from netlab.http_origin.settings import Settings

_START_S = 30.0
_STOP_S = 10.0


class Origin:
    """A running origin. Use as a context manager: leaving it leaves nothing behind.

    `url` has no slash at its end; with `tls` it is the https one, and `plain_url` the other, which is always there.
    `cacert`: a file with the authority to trust. It is in memory (memfd_create(2)) and lasts as long as this object.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        directory: str | Path | None = None,
        wire_dir: str | Path | None = None,
        settings: Settings | None = None,
    ) -> None:
        """Start it; returns when it listens. `settings` instead of the others says everything, limits too.

        Raises UsageError (the address or port), MachineLacks (HTTPS without openssl), NetlabError.
        """
        self._ca_fd = -1
        wanted = settings or Settings(
            host, port, 0 if tls else None, str(directory) if directory else None, str(wire_dir) if wire_dir else None
        )
        self._child = Child("netlab.http_origin.child_main:main", {"settings": asdict(wanted), "site": site()})
        try:
            ready = self._child.expect(_START_S)
        except TimeoutError as error:
            self.close()
            raise NetlabError(f"the origin did not start: {error}", self._child.last_words()) from None
        except BaseException:
            self.close()
            raise
        self.pid = self._child.pid
        self.host, self.port, self.tls_port = wanted.host, int(ready["port"]), ready["tls_port"]
        name = f"[{self.host}]" if ":" in self.host else self.host
        self.plain_url = f"http://{name}:{self.port}"
        self.url = self.plain_url if self.tls_port is None else f"https://{name}:{self.tls_port}"
        self.cacert: Path | None = None
        if ready["ca_pem"]:
            self._ca_fd = os.memfd_create("netlab-ca.pem", os.MFD_CLOEXEC)
            os.write(self._ca_fd, ready["ca_pem"].encode())
            self.cacert = Path(f"/proc/{os.getpid()}/fd/{self._ca_fd}")

    def __enter__(self) -> Origin:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def alive(self) -> bool:
        """True while it runs."""
        return self._child.alive()

    def finish(self) -> dict[str, int]:
        """Stop it in order, and return what it has counted: "connections", "requests", "status 200", …"""
        self._child.terminate()
        try:
            counts: dict[str, int] = self._child.expect(_STOP_S)["counts"]
        except TimeoutError as error:
            raise NetlabError(f"the origin did not stop: {error}") from None
        finally:
            self.close()
        return counts

    def close(self) -> None:
        """End it."""
        self._child.close()
        if self._ca_fd >= 0:
            os.close(self._ca_fd)
            self._ca_fd = -1


def site() -> str:
    """Where h11 is, for children that are started without site-packages."""
    spec = find_spec("h11")
    if spec is None or spec.origin is None:
        raise MachineLacks("the origin needs the h11 package", "pip install h11")
    return str(Path(spec.origin).parents[1])
