"""Child processes: started with a log, awaited by a probe, ended by their own id."""

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

_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Child:
    """A process by id and time of birth, so that a reused id is never mistaken for it."""

    name: str
    pid: int
    born: float

    def stop(self, *, kill: bool = False, grace_seconds: float = 12) -> None:
        """Asks the process to end (`kill`: ends it), waits, and takes its children along."""
        process = self._process()
        if process is None:
            return
        family = process.children(recursive=True)
        # The parent first: gunicorn ends its workers itself, in order.
        _end([process], signal.SIGKILL if kill else signal.SIGTERM, grace_seconds)
        # What it leaves behind: a wrapper script's Java, a killed master's worker.
        _end(family, signal.SIGKILL if kill else signal.SIGTERM, 3)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        process = self._process()
        return process is not None and process.status() != psutil.STATUS_ZOMBIE

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            return process if abs(process.create_time() - self.born) < 1 else None
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
    """Starts a process of its own session, so that Ctrl-C reaches only whoever waits for it.

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
    """Returns once the probe says yes.

    Raises:
        ConfigurationError: the process ended, or the probe said no for a minute; with the
            end of its log.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while not is_ready():
        if not child.is_alive() or time.monotonic() > until:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
            state = "is not ready" if child.is_alive() else "ended"
            child.stop()
            raise ConfigurationError(f"{child.name} {state}; the end of {log}:\n{tail}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a GET is answered 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own http URL
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
