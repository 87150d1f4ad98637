"""A browser page whose errors, dialogs and requests are recorded."""

from pathlib import Path
from typing import Any


class Watched:
    """A page of Playwright; `problems` must be empty at the end of a test."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.problems: list[str] = []
        self.home = ""
        self.pictures_are_missing = False
        """Whether Chromium's messages about answers 404 and 422 are part of the test."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def open(self, address: str | Path, home: str | Path | None = None) -> Any:
        """Opens an address; only those that begin with `home` may be requested from then on."""
        target = address.as_uri() if isinstance(address, Path) else address
        root = home or (address.parent if isinstance(address, Path) else address)
        self.home = root.as_uri() if isinstance(root, Path) else root
        self.page.goto(target)
        return self.page

    def _console(self, message: Any) -> None:
        if self.pictures_are_missing and "status of 4" in message.text:
            return
        if message.type in {"error", "warning"}:
            self.problems.append(f"console: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith(self.home):
            self.problems.append(f"request: {request.url}")
