"""The two services of the local chain as child processes: behind HTTP, or pulling."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pipeline.local.emulator import Emulator
from pipeline.local.processes import Child, answers, await_ready, free_port, start

PROJECT = "local"
UPLOADS, RESULTS = "uploads", "results"
_TARGETS = ("push", "dead_letter")

_SERVE = ("-m", "gunicorn", "-c", "python:functions.gunicorn", "functions.wsgi:app")
_PULL = ("-m", "pipeline.cli", "pull", "--subscription")


def start_target(
    target: str,
    port: int,
    logs: Path,
    storage_url: str,
    environment: Mapping[str, str],
    *,
    wait: bool = True,
    launcher: Sequence[str] = (),
) -> Child:
    """Starts one service with the command of the container, after `launcher`.

    Raises:
        ConfigurationError: the service does not start; the message has the end of its log.
    """
    http = {"FUNCTION_TARGET": target, "HOST": "127.0.0.1", "PORT": str(port)}
    command = [*launcher, sys.executable, *_SERVE]
    child = _start(target, command, logs, storage_url, {**environment, **http})
    if wait:
        await_target(child, port, logs)
    return child


def await_target(child: Child, port: int, logs: Path) -> None:
    """Returns when a service answers on its port.

    Raises:
        ConfigurationError: the service does not start; the message has the end of its log.
    """
    health = f"http://127.0.0.1:{port}/health"
    await_ready(child, lambda: answers(health), logs / f"{child.name}.log")


def start_pull(
    target: str,
    subscription: str,
    logs: Path,
    storage_url: str,
    environment: Mapping[str, str],
    *,
    emulator_host: str,
    wait: bool = True,
    launcher: Sequence[str] = (),
) -> Child:
    """Starts the process that pulls a subscription of the emulator, after `launcher`.

    Raises:
        ConfigurationError: it does not start; the message has the end of its log.
    """
    command = [*launcher, sys.executable, *_PULL, subscription]
    if target == "dead_letter":
        command.append("--dead-letters")
    log = logs / f"{target}.log"
    written = log.stat().st_size if log.exists() else 0
    emulator = {"PUBSUB_EMULATOR_HOST": emulator_host}
    child = _start(target, command, logs, storage_url, {**environment, **emulator})
    if wait:
        await_pull(child, logs, written)
    return child


def await_pull(child: Child, logs: Path, written: int = 0) -> None:
    """Returns when a process pulls; its log had `written` bytes before it was started.

    Raises:
        ConfigurationError: it does not start; the message has the end of its log.
    """
    log = logs / f"{child.name}.log"
    await_ready(child, lambda: b'"event": "started"' in log.read_bytes()[written:], log)


def temporary_files(logs: Path) -> Path:
    """The folder of the services' temporary files."""
    return logs / "tmp"


def _start(
    name: str,
    command: Sequence[str],
    logs: Path,
    storage_url: str,
    environment: Mapping[str, str],
) -> Child:
    # These override the environment.
    settings = {
        "UPLOADS_BUCKET": UPLOADS,
        "RESULTS_BUCKET": RESULTS,
        "STORAGE_EMULATOR_HOST": environment.get("STORAGE_EMULATOR_HOST", storage_url),
        # A killed service leaves its crash journal, which the next chain deletes here.
        "TMPDIR": str(temporary_files(logs).resolve()),
    }
    temporary_files(logs).mkdir(parents=True, exist_ok=True)
    return start(
        name,
        command,
        log=logs / f"{name}.log",
        environment={**os.environ, **environment, **settings},
    )


@dataclass(frozen=True, slots=True)
class Services:
    """Both services; `url` is that of the subscriber, if it is pushed to."""

    subscriber: Child
    dead_letters: Child
    url: str = ""


def start_serving(
    emulator: Emulator,
    topic: str,
    *,
    logs: Path,
    storage_url: str,
    environment: Mapping[str, str],
    max_attempts: int,
    undo: ExitStack,
) -> Services:
    """Starts both services, and pushes to them once they answer."""
    ports = free_port(), free_port()
    subscriber, dead_letters = (
        start_target(name, port, logs, storage_url, environment, wait=False)
        for name, port in zip(_TARGETS, ports, strict=True)
    )
    undo.callback(subscriber.stop)
    undo.callback(dead_letters.stop)
    emulator.await_ready(logs)
    # This import takes a second, in which the services start.
    from pipeline.local import topics  # noqa: PLC0415

    # Before the first upload, because a notification without a topic is lost.
    topics.create_topics(emulator.host, PROJECT, topic)
    await_target(subscriber, ports[0], logs)
    await_target(dead_letters, ports[1], logs)
    # After the services are ready, because a refused connection counts as an attempt.
    endpoints = [f"http://{emulator.push_host}:{port}/" for port in ports]
    topics.subscribe_push(emulator.host, PROJECT, topic, endpoints, max_attempts)
    return Services(subscriber, dead_letters, f"http://127.0.0.1:{ports[0]}")


def start_pulling(
    emulator: Emulator,
    topic: str,
    *,
    logs: Path,
    storage_url: str,
    environment: Mapping[str, str],
    max_attempts: int,
    undo: ExitStack,
) -> Services:
    """Creates the subscriptions, then starts both services, which pull from them."""
    from pipeline.local import topics  # noqa: PLC0415 - only to start a chain

    emulator.await_ready(logs)
    topics.create_topics(emulator.host, PROJECT, topic)
    subscriptions = topics.subscribe_pull(emulator.host, PROJECT, topic, max_attempts)
    children = []
    for name, subscription in zip(_TARGETS, subscriptions, strict=True):
        child = start_pull(
            name,
            subscription,
            logs,
            storage_url,
            environment,
            emulator_host=emulator.host,
            wait=False,
        )
        undo.callback(child.stop)
        children.append(child)
    for child in children:
        await_pull(child, logs)
    subscriber, dead_letters = children
    return Services(subscriber, dead_letters)
