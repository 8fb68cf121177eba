"""A certificate authority that lives for one run, and a certificate for this machine's loopback names, made by openssl.

Why by the openssl program: docs/adr/0007. The keys are on disk only while openssl and `ssl` read them, in a folder
that only this user may enter; the authority's key is thrown away at once, so nothing else can ever be signed with it.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

from netlab.errors import MachineLacks

_TIMEOUT_S = 20.0
_DAYS = "2"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256")
_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = ${ENV::NETLAB_CN}
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1${ENV::NETLAB_ALSO}
"""


def server_context(host: str) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context with a fresh certificate for localhost, 127.0.0.1, ::1 and `host`; and the authority's
    certificate (PEM) for clients to trust. Raises MachineLacks where there is no openssl.
    """
    with tempfile.TemporaryDirectory(prefix="netlab-") as name:
        folder = Path(name)
        make(folder, host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
        context.set_alpn_protocols(["http/1.1"])
        return context, (folder / "ca.pem").read_text()


def make(folder: Path, host: str) -> None:
    """Write ca.pem, and a server's chain.pem (its certificate, then the authority's) and key.pem, into `folder`.

    Raises MachineLacks.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise MachineLacks("HTTPS needs the openssl program to make a certificate", "apt install openssl")
    (folder / "conf").write_text(_CONFIG)
    authority = f"-days {_DAYS} -extensions authority -keyout ca.key -out ca.pem".split()
    by_authority = f"-CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days {_DAYS}".split()
    server = "-extfile conf -extensions server -in request -out cert.pem".split()
    new = [openssl, "req", *_NEW_KEY, "-config", "conf"]
    _run(folder, host, "netlab's authority for one run", [*new, "-x509", *authority])
    _run(folder, host, "localhost", [*new, "-new", "-keyout", "key.pem", "-out", "request"])
    _run(folder, host, "localhost", [openssl, "x509", "-req", *by_authority, *server])
    (folder / "ca.key").unlink()
    (folder / "chain.pem").write_text((folder / "cert.pem").read_text() + (folder / "ca.pem").read_text())


def _run(folder: Path, host: str, common_name: str, command: list[str]) -> None:
    also = "" if host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::") else f", IP:{host}"
    environment = {"NETLAB_CN": common_name, "NETLAB_ALSO": also, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise MachineLacks(f"openssl could not make a certificate; it said: {said[:200]}", "try without HTTPS")
