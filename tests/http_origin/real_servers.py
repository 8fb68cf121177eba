"""HTTP servers from Debian on free loopback ports, each a child of the test with a configuration of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from skips import needs_program

from netlab.http_origin import Origin, certificate

STARTS_WITHIN_S = 30.0


@dataclass(frozen=True)
class Running:
    """A server under way. `tls_port` None: it was not set up for HTTPS. `keeps`: connections are kept."""

    name: str
    port: int
    tls_port: int | None
    cacert: Path
    files: Path
    keeps: bool = True
    gzips: bool = True
    ranges: bool = True
    tags: bool = True


@dataclass(frozen=True)
class Setup:
    """What a configuration is written from."""

    folder: Path
    files: Path
    port: int
    tls_port: int
    origin_port: int


def nginx(at: Setup) -> list[str]:
    (at.folder / "conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {at.folder}/pid; error_log stderr;
events {{ worker_connections 100; }}
http {{
  access_log off; gzip on; gzip_types text/plain; gzip_min_length 1; keepalive_requests 100000;
  client_body_temp_path {at.folder}/body; proxy_temp_path {at.folder}/proxy; fastcgi_temp_path {at.folder}/fastcgi;
  uwsgi_temp_path {at.folder}/uwsgi; scgi_temp_path {at.folder}/scgi; types {{ text/plain txt; }}
  server {{
    listen 127.0.0.1:{at.port}; listen 127.0.0.1:{at.tls_port} ssl; root {at.files};
    ssl_certificate {at.folder}/chain.pem; ssl_certificate_key {at.folder}/key.pem;
  }}
}}""")
    return ["nginx", "-e", "stderr", "-p", str(at.folder), "-c", str(at.folder / "conf")]


def apache2(at: Setup) -> list[str]:
    modules = Path("/usr/lib/apache2/modules")
    wanted = ("mpm_event", "authz_core", "mime", "filter", "deflate", "socache_shmcb", "ssl")
    load = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in wanted)
    (at.folder / "types").write_text("text/plain txt\n")
    (at.folder / "conf").write_text(f"""
{load}
ServerRoot {at.folder}
ServerName localhost
DefaultRuntimeDir {at.folder}
PidFile {at.folder}/pid
Mutex fcntl:{at.folder}
ErrorLog {at.folder}/error
User www-data
Group www-data
TypesConfig {at.folder}/types
KeepAlive On
MaxKeepAliveRequests 0
AddOutputFilterByType DEFLATE text/plain
DocumentRoot {at.files}
Listen 127.0.0.1:{at.port}
Listen 127.0.0.1:{at.tls_port}
<VirtualHost 127.0.0.1:{at.tls_port}>
  SSLEngine on
  SSLCertificateFile {at.folder}/chain.pem
  SSLCertificateKeyFile {at.folder}/key.pem
</VirtualHost>""")
    return ["apache2", "-X", "-f", str(at.folder / "conf")]


def lighttpd(at: Setup) -> list[str]:
    (at.folder / "conf").write_text(f"""
server.modules = ("mod_deflate", "mod_openssl")
server.document-root = "{at.files}"
server.bind = "127.0.0.1"
server.port = {at.port}
server.max-keep-alive-requests = 100000
mimetype.assign = (".txt" => "text/plain")
deflate.mimetypes = ("text/plain")
deflate.allowed-encodings = ("gzip")
$SERVER["socket"] == "127.0.0.1:{at.tls_port}" {{
  ssl.engine = "enable"
  ssl.pemfile = "{at.folder}/chain.pem"
  ssl.privkey = "{at.folder}/key.pem"
}}
""")
    return ["lighttpd", "-D", "-f", str(at.folder / "conf")]


def caddy(at: Setup) -> list[str]:
    site = f"root * {at.files}\n encode gzip\n file_server"
    (at.folder / "conf").write_text(f"""
{{
  admin off
  auto_https off
  storage file_system {at.folder}/storage
}}
http://127.0.0.1:{at.port} {{
 bind 127.0.0.1
 {site}
}}
https://127.0.0.1:{at.tls_port} {{
 bind 127.0.0.1
 tls {at.folder}/chain.pem {at.folder}/key.pem
 {site}
}}
""")
    return ["caddy", "run", "--config", str(at.folder / "conf"), "--adapter", "caddyfile"]


def haproxy(at: Setup) -> list[str]:
    (at.folder / "both.pem").write_text((at.folder / "chain.pem").read_text() + (at.folder / "key.pem").read_text())
    (at.folder / "conf").write_text(f"""
global
  maxconn 200
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  compression algo gzip
  compression type text/plain
frontend in
  bind 127.0.0.1:{at.port}
  bind 127.0.0.1:{at.tls_port} ssl crt {at.folder}/both.pem
  default_backend out
backend out
  server one 127.0.0.1:{at.origin_port}
""")
    return ["haproxy", "-db", "-f", str(at.folder / "conf")]


def http_server(at: Setup) -> list[str]:
    return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(at.files), str(at.port)]


SERVERS: dict[str, Callable[[Setup], list[str]]] = {
    "nginx": nginx,
    "apache2": apache2,
    "lighttpd": lighttpd,
    "caddy": caddy,
    "haproxy": haproxy,
    "http.server": http_server,
}


@contextmanager
def running(name: str) -> Iterator[Running]:
    """The server called `name`, with three files; ended by its process id. Skips the test where it is missing."""
    if name != "http.server":
        needs_program(name)
    top = Path(tempfile.mkdtemp(prefix="netlab-test-"))
    try:
        top.chmod(0o755)  # a server that becomes another user must get in
        files = top / "files"
        files.mkdir(mode=0o755)
        (files / "page.txt").write_text("".join(f"line {number}\n" for number in range(3000)))
        (files / "big.bin").write_bytes(bytes(range(256)) * 20_000)
        (files / "empty.txt").write_bytes(b"")
        certificate.make(top, "127.0.0.1")
        with Origin(directory=files) as origin:
            at = Setup(top, files, *_free_ports(), origin.port)
            with (top / "output").open("wb") as output:
                process = subprocess.Popen(
                    SERVERS[name](at),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=top,
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(top), "XDG_DATA_HOME": str(top)},
                )
            try:
                _until_it_listens(process, at.port, top)
                plain = name == "http.server"
                able = dict.fromkeys(("keeps", "gzips", "ranges", "tags"), not plain)
                yield Running(name, at.port, None if plain else at.tls_port, top / "ca.pem", files, **able)
                assert process.poll() is None, "the server has ended"
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
    finally:
        shutil.rmtree(top)


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _until_it_listens(process: subprocess.Popen[bytes], port: int, top: Path) -> None:
    deadline_s = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            said = (top / "output").read_text(errors="replace")[-2000:]
            error = top / "error"
            said += error.read_text(errors="replace")[-2000:] if error.exists() else ""
            assert process.poll() is None, f"it ended at once: {said}"
            assert time.monotonic() < deadline_s, f"it does not listen: {said}"
            time.sleep(0.05)
