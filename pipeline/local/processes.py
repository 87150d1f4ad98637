"""Child processes: start one with a log file, wait until it is ready, stop it by its id."""

import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipeline.errors import ConfigurationError

_READY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Child:
    """A process, identified by its id and its creation time, because ids are reused."""

    name: str
    pid: int
    created: float

    def stop(self, *, kill: bool = False, grace_seconds: float = 12) -> None:
        """Sends SIGTERM (`kill`: SIGKILL) to the process and its children, and waits."""
        process = self._process()
        if process is None:
            return
        children = process.children(recursive=True)
        # The parent first, because gunicorn stops its workers in order.
        _end([process], signal.SIGKILL if kill else signal.SIGTERM, grace_seconds)
        # Some remain: the Java process of a script, the worker of a killed gunicorn.
        _end(children, signal.SIGKILL if kill else signal.SIGTERM, 3)

    def is_alive(self) -> bool:
        """Whether the process is running."""
        process = self._process()
        return process is not None and process.status() != psutil.STATUS_ZOMBIE

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            return process if abs(process.create_time() - self.created) < 1 else None
        except psutil.NoSuchProcess:
            return None


def _end(processes: list[psutil.Process], sent: signal.Signals, grace_seconds: float) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(sent)
    _, alive = psutil.wait_procs(processes, timeout=grace_seconds)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=3)


def start(name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> Child:
    """Starts a process in a new session, so that Ctrl-C interrupts only its parent.

    Raises:
        ConfigurationError: the program cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )
        except OSError as error:
            raise ConfigurationError(f"{name}: cannot start {command[0]}: {error}") from error
    return Child(name, process.pid, psutil.Process(process.pid).create_time())


def await_ready(child: Child, is_ready: Callable[[], bool], log: Path) -> None:
    """Returns when `is_ready()` is true.

    Raises:
        ConfigurationError: the process ended, or is not ready after a minute; the message
            has the end of its log.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while not is_ready():
        if not child.is_alive() or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
            state = "is not ready" if child.is_alive() else "ended"
            child.stop()
            raise ConfigurationError(f"{child.name} {state}; the end of {log}:\n{tail}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a GET of the URL is answered 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own http URL
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A free TCP port of the loopback interface."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
