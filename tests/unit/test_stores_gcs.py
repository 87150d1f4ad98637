import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.local.storage import storage_client
from pipeline.stores.gcs import GcsStore


class Recorder(BaseHTTPRequestHandler):
    """A proxy behind which nothing is found."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was asked of the proxy that the environment names."""
    asked: list[str] = []
    handler = type("Handler", (Recorder,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("no_proxy", "direct.test")
        yield asked
        server.shutdown()
        thread.join()


def test_the_proxy_of_the_environment_is_used_as_it_was_at_the_start(
    proxy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a proxy when the store was made, requests go through it, whatever is set later."""
    store = GcsStore(storage_client("http://storage.test"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert store.stat("uploads", "a.png") is None
    assert [url.split("?")[0] for url in proxy] == [
        "http://storage.test/storage/v1/b/uploads/o/a.png"
    ]


def test_a_host_the_environment_excepts_is_asked_directly(proxy: list[str]) -> None:
    """Given a host in no_proxy, its client knows no proxy."""
    client = storage_client("http://direct.test")
    GcsStore(client)
    assert client._http.proxies == {}
    assert not proxy


def test_the_certificates_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given REQUESTS_CA_BUNDLE, servers are judged by it; without it, by requests' own."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "bundle.pem")
    client = storage_client("https://storage.test")
    GcsStore(client)
    assert client._http.verify == "bundle.pem"
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    client = storage_client("https://storage.test")
    GcsStore(client)
    assert client._http.verify is True
