"""Identity tokens signed with test keys, and a server that publishes the keys like Google."""

import base64
import datetime
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

AUDIENCE = "https://subscriber.example"
ACCOUNT = "invoker@project.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Key:
    """A private key and its certificate, both in PEM format."""

    name: str
    private: str
    certificate: str

    @classmethod
    def make(cls, name: str) -> "Key":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        public = certificate.public_bytes(serialization.Encoding.PEM)
        return cls(name, private.decode(), public.decode())

    def token(self, **changes: Any) -> str:
        """A token like Pub/Sub's; `changes` replaces claims, and None removes one."""
        signer = crypt.RSASigner.from_string(self.private, self.name)
        claims = {name: value for name, value in {**claims_now(), **changes}.items() if value}
        return str(jwt.encode(signer, claims).decode())


def claims_now() -> dict[str, Any]:
    """The claims of a token of Pub/Sub."""
    now = int(time.time())
    return {
        "aud": AUDIENCE,
        "azp": "113774264463038321964",
        "email": ACCOUNT,
        "email_verified": True,
        "exp": now + 3600,
        "iat": now,
        "iss": "https://accounts.google.com",
        "sub": "113774264463038321964",
    }


def unsigned(header: dict[str, Any], claims: dict[str, Any], secret: str = "") -> str:
    """A token with any header; signed with HMAC if a secret is given."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (header, claims)
    ]
    signed = b".".join(parts)
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256) if secret else b""
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


@dataclass
class KeyServer:
    """The answer of the server, and the number of requests it received."""

    url: str = ""
    keys: list[Key] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None
    max_age: int = 3600
    asked: int = 0

    def answer(self) -> bytes:
        self.asked += 1
        published = {key.name: key.certificate for key in self.keys}
        return json.dumps(published).encode() if self.body is None else self.body


@contextmanager
def key_server(*keys: Key) -> Iterator[KeyServer]:
    """Serves the certificates of `keys` on the loopback interface."""
    served = KeyServer(keys=list(keys))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = served.answer()
            self.send_response(served.status)
            self.send_header("Cache-Control", f"public, max-age={served.max_age}, must-revalidate")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/certs"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
