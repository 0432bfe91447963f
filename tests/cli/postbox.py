"""A small mail server on loopback, over real sockets, that can also refuse, hang, and speak TLS."""

from __future__ import annotations

import base64
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any


@dataclass
class Postbox:
    """What came in: whom each mail went to, and the mail; and what the server is to do to its callers."""

    port: int = 0
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    password: str | None = None
    refuses: frozenset[str] = frozenset()
    hangs: bool = False
    is_secret: list[bool] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


class Talk(socketserver.StreamRequestHandler):
    """One caller."""

    server: Any

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        box: Postbox = self.server.box
        if box.hangs:
            box.done.wait(20)
            return
        secret, receivers = False, list[str]()
        self.say("220 here")
        while line := self.rfile.readline():
            word, _, rest = line.decode().strip().partition(" ")
            match word.upper():
                case "EHLO" | "HELO":
                    offers = ["STARTTLS"] if box.tls and not secret else []
                    offers += ["AUTH PLAIN"] if box.password else []
                    told = ["here", *offers]
                    for name in told[:-1]:
                        self.say(f"250-{name}")
                    self.say(f"250 {told[-1]}")
                case "STARTTLS":
                    assert box.tls is not None
                    self.say("220 go")
                    self.connection = box.tls.wrap_socket(self.connection, server_side=True)
                    self.rfile = self.connection.makefile("rb")
                    self.wfile = self.connection.makefile("wb", buffering=0)
                    secret = True
                case "AUTH":
                    user, password = base64.b64decode(rest.split()[-1]).decode().split("\0")[1:]
                    box.logins.append(user)
                    self.say("235 in" if password == box.password else "535 no such user")
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    if address in box.refuses:
                        self.say("550 nobody of that name")
                    else:
                        receivers.append(address)
                        self.say("250 fine")
                case "DATA":
                    self.say("354 go on")
                    text = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        text += part.removeprefix(b".") if part.startswith(b"..") else part
                    mail = message_from_bytes(text, policy=policy.default)
                    box.mails.append((receivers, mail))  # type: ignore[arg-type]
                    box.is_secret.append(secret)
                    receivers = []
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    receivers = []
                    self.say("250 fine")


@contextmanager
def listening(**said: Any) -> Iterator[Postbox]:
    """A server on a free port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        box = Postbox(port=server.server_address[1], **said)
        server.box = box  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield box
        finally:
            box.done.set()
            server.shutdown()


def certificate(folder: Path) -> Path:
    """One that signs itself, for this machine alone, with its key behind it."""
    path = folder / "mail.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    files = [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        folder / "key.pem",
        "-out",
        folder / "own.pem",
    ]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    path.write_bytes((folder / "own.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return path
