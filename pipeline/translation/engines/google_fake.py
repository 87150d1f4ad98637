"""A fake of Cloud Translation: a local HTTP server with its wire format, for tests and demos.

python -m pipeline.translation.engines.google_fake --port 8099
TRANSLATOR=google TRANSLATOR_PROJECT=fake GOOGLE_TRANSLATE_ENDPOINT=http://127.0.0.1:8099
"""

import argparse
import html
import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LANGUAGES = ("ar", "ca", "de", "en", "es", "fr", "it", "iw", "ja", "ko", "nl", "no", "pt", "ru",
             "zh-CN", "zh-TW")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of the server in its answer to one translation request.

    `status` 0 drops the connection; `status` 200 with `keep` returns only so many
    translations; the server waits `seconds` first.
    """

    status: int
    message: str = ""
    reason: str = ""
    seconds: float = 0.0
    keep: int | None = None


class FakeCloudTranslation(ThreadingHTTPServer):
    """Counts requests and code points as the real service bills them.

    Translations are the texts marked with their languages, as `[es>en] salida`. Glossary
    translations of texts with the term "gluten" are also in upper case.
    """

    daemon_threads = True

    def __init__(self, port: int = 0, troubles: Iterable[Trouble] = ()) -> None:
        super().__init__(("127.0.0.1", port), _Exchange)
        self.troubles = list(troubles)
        self.requests: list[dict[str, Any]] = []
        self.billed = 0
        self.glossary_pairs: tuple[str, ...] = ("es", "en")
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        """The value for GOOGLE_TRANSLATE_ENDPOINT."""
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Serves on a new thread until `shutdown`."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing when a client closes the connection early."""

    def translate(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answers one `translateText` request with a status and a body."""
        contents = request.get("contents", [])
        with self._lock:
            self.requests.append(request)
            trouble = self.troubles.pop(0) if self.troubles else Trouble(200)
        time.sleep(trouble.seconds)
        if trouble.status != 200:
            return trouble.status, _error(trouble.status, trouble.message, trouble.reason)
        size = sum(map(len, contents))
        if not contents or len(contents) > 1_024 or size > 30_000:
            return 400, _error(400, f"{len(contents)} strings, {size} code points", "")
        with self._lock:
            self.billed += size
        return 200, _answer(request, contents[: trouble.keep])


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeCloudTranslation

    def do_GET(self) -> None:
        if urlsplit(self.path).path.endswith("/supportedLanguages"):
            known = [
                {"languageCode": code, "supportSource": True, "supportTarget": True}
                for code in LANGUAGES
            ]
            self._reply(200, {"languages": known})
        elif "/glossaries/" in self.path:
            codes = {"languageCodes": list(self.server.glossary_pairs)}
            self._reply(200, {"languageCodesSet": codes})
        else:
            self._reply(404, _error(404, self.path, ""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.translate(json.loads(body))
        if status:
            self._reply(status, answer)
        else:
            self.close_connection = True

    def _reply(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's
        pass


def _answer(request: dict[str, Any], contents: list[str]) -> dict[str, Any]:
    source = request.get("sourceLanguageCode")
    target = request["targetLanguageCode"]
    detected = {} if source else {"detectedLanguageCode": "es"}
    as_html = request.get("mimeType", "text/html") == "text/html"

    def marked(text: str) -> dict[str, str]:
        translated = f"[{source or 'es'}>{target}] {text}"
        return {"translatedText": html.escape(translated) if as_html else translated} | detected

    answer: dict[str, Any] = {"translations": [marked(text) for text in contents]}
    if "glossaryConfig" in request:
        upper_cased = [text.upper() if "gluten" in text.lower() else text for text in contents]
        answer["glossaryTranslations"] = [marked(text) for text in upper_cased]
    return answer


def _error(status: int, message: str, reason: str) -> dict[str, Any]:
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    details = [{"@type": kind, "reason": reason, "domain": "googleapis.com"}] if reason else []
    names = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED",
             404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}  # fmt: skip
    name = names.get(status, "INTERNAL")
    return {"error": {"code": status, "message": message, "status": name, "details": details}}


def main() -> None:
    """Serves until interrupted."""
    parser = argparse.ArgumentParser(description="A fake Cloud Translation on this machine.")
    parser.add_argument("--port", type=int, default=8099)
    FakeCloudTranslation(parser.parse_args().port).serve_forever()


if __name__ == "__main__":
    main()
