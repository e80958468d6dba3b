"""nginx with the shipped site, on this machine: only names, ports, folders and the list of servers are replaced."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
NAME = "survey.example.org"
"""What the shipped files call the site."""
PATIENCE = 60
AROUND = """\
user {account};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log;
daemon off;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/sent;
    proxy_temp_path {folder}/answered;
    fastcgi_temp_path {folder}/unused-1;
    uwsgi_temp_path {folder}/unused-2;
    scgi_temp_path {folder}/unused-3;
    include {folder}/site.conf;
}}
"""
"""What the nginx of a machine has around its sites."""


class NothingToTryWith(Exception):  # noqa: N818 (the files may be right)
    """A program is missing; says which package has it."""


@dataclass(frozen=True, slots=True)
class WebServer:
    """nginx while it runs. `folder`: everything it writes is there."""

    folder: Path
    https: int
    http: int

    @property
    def trust(self) -> ssl.SSLContext:
        """For clients: its certificate and no other."""
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))


@contextmanager
def running_web_server(folder: Path, servers: Sequence[int]) -> Iterator[WebServer]:
    """nginx before services on these ports; nothing of it runs afterwards. Raises: NothingToTryWith."""
    program = find_program("nginx", "nginx-light")
    web_server = WebServer(folder, free_port(), free_port())
    write_certificate(folder)
    (folder / "site.conf").write_text(site_for(web_server, servers), encoding="utf-8")
    account = pwd.getpwuid(os.getuid()).pw_name
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, account=account), encoding="utf-8")
    call = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.error.log")]
    subprocess.run([*call, "-t", "-q"], check=True)
    process = subprocess.Popen(call)
    try:
        wait_for_port(web_server.https)
        yield web_server
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def site_for(web_server: WebServer, servers: Sequence[int]) -> str:
    """The shipped site with what is of this machine. Raises: LookupError where it no longer says what is replaced."""
    folder = web_server.folder
    listed = "".join(f"    server {HOST}:{port} max_fails=3 fail_timeout=5s;\n" for port in servers)
    replaced = {
        "    server 127.0.0.1:8000 max_fails=3 fail_timeout=5s;\n": listed,
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen {HOST}:{web_server.http};",
        "listen 443 ssl http2;": f"listen {HOST}:{web_server.https} ssl http2;",
        f"/etc/letsencrypt/live/{NAME}": str(folder),
        f"server_name {NAME};": f"server_name {HOST};",
        "/run/branch-survey-pages": str(folder / "pages"),
        "/var/log/nginx": str(folder),
        "/srv/branch-survey/deploy": str(HERE),
    }
    return with_replaced((HERE / "nginx.conf").read_text(encoding="utf-8"), replaced)


def with_replaced(text: str, replaced: dict[str, str]) -> str:
    """Raises: LookupError."""
    for shipped, here in replaced.items():
        if shipped not in text:
            raise LookupError(shipped)
        text = text.replace(shipped, here)
    return text


def write_certificate(folder: Path) -> None:
    """One for this machine, signed by itself, for a day."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.OID_COMMON_NAME, HOST)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def find_program(name: str, package: str) -> str:
    """Raises: NothingToTryWith."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise NothingToTryWith(f"{name} is missing: apt-get install {package}")
    return found


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        return int(trial.getsockname()[1])


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as trial:
            if trial.connect_ex((HOST, port)) == 0:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(port)
        time.sleep(0.02)
