"""The image as two services in containers, with an emulator and a storage server on the host."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipeline.local import topics
from pipeline.local.chain import PROJECT, RESULTS, UPLOADS, Chain
from pipeline.local.emulator import start_emulator
from pipeline.local.processes import Child, answers, await_ready, free_port, start
from pipeline.local.storage_server import start_storage, storage_client


@dataclass(frozen=True, slots=True)
class Engine:
    """The command of a container engine that answers: docker or podman."""

    command: str

    @classmethod
    def find(cls) -> "Engine | None":
        """The first engine that answers, or None."""
        for command in ("docker", "podman"):
            if shutil.which(command) and cls(command).succeeds("info"):
                return cls(command)
        return None

    def succeeds(self, *arguments: str) -> bool:
        """Whether the command ends with status 0."""
        done = subprocess.run([self.command, *arguments], capture_output=True, check=False)
        return done.returncode == 0

    def output(self, *arguments: str) -> str:
        """The output of the command, which must end with status 0."""
        done = subprocess.run(
            [self.command, *arguments], capture_output=True, check=True, text=True
        )
        return done.stdout.strip()

    def unpacked_bytes(self, image: str) -> int:
        """The size of the unpacked image."""
        return int(self.output("image", "inspect", "--format", "{{.Size}}", image))


@dataclass(frozen=True, slots=True)
class Service:
    """One container that runs."""

    engine: Engine
    name: str
    child: Child
    url: str
    log: Path

    def resident_mb(self) -> int:
        """Resident memory of every process in the container."""
        return sum(process.memory_info().rss for process in self._processes()) // 1024**2

    def processor_seconds(self) -> float:
        """Processor time of the container; other work on the machine does not count."""
        return sum(sum(process.cpu_times()[:4]) for process in self._processes())

    def events(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line["event"] == event]

    def _processes(self) -> list[psutil.Process]:
        pid = int(self.engine.output("inspect", "--format", "{{.State.Pid}}", self.name))
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]

    def stop(self) -> None:
        """Sends SIGTERM, and SIGKILL ten seconds later, as Cloud Run does."""
        self.engine.succeeds("stop", "--time", "10", self.name)
        self.child.stop()


@dataclass(frozen=True, slots=True)
class Images:
    """The memory limit and the settings with which containers of one image start."""

    engine: Engine
    image: str
    memory: str
    settings: Mapping[str, str]

    def serve(self, target: str, port: int, storage_url: str, logs: Path) -> Service:
        """Starts a container with the limits of Cloud Run: no swap, and only /tmp is writable."""
        name = f"image-translation-test-{target}-{port}".replace("_", "-")
        url = f"http://127.0.0.1:{port}"
        environment = {
            **self.settings,
            "FUNCTION_TARGET": target,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "UPLOADS_BUCKET": UPLOADS,
            "RESULTS_BUCKET": RESULTS,
            "STORAGE_EMULATOR_HOST": storage_url,
        }
        log = logs / f"{name}-{len(list(logs.glob(f'{name}-*')))}.log"
        child = start(
            name,
            [
                *(self.engine.command, "run", "--rm", "--name", name, "--network", "host"),
                *("--memory", self.memory, "--memory-swap", self.memory),
                *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
                *(
                    part
                    for key, value in environment.items()
                    for part in ("--env", f"{key}={value}")
                ),
                self.image,
            ],
            log=log,
            environment=os.environ,
        )
        service = Service(self.engine, name, child, url, log)
        try:
            await_ready(child, lambda: answers(f"{url}/health"), log)
        except BaseException:
            service.stop()
            raise
        return service


@dataclass(frozen=True, slots=True)
class ContainerChain:
    """The local chain with its two services in containers."""

    chain: Chain
    subscriber: Service
    dead_letters: Service


@contextmanager
def container_chain(
    images: Images, logs: Path, *, max_attempts: int = 100
) -> Iterator[ContainerChain]:
    """Starts and subscribes all parts of the chain; stops them at the end."""
    with ExitStack() as undo:
        emulator = start_emulator(logs)
        undo.callback(emulator.stop)
        topic = f"uploads-{os.getpid()}-{free_port()}"
        emulator.await_ready(logs)
        topics.create_topics(emulator.host, PROJECT, topic)
        url, storage = start_storage(
            logs, project=PROJECT, topic=topic, uploads=UPLOADS, emulator_host=emulator.host
        )
        undo.callback(storage.stop)
        for bucket in (UPLOADS, RESULTS):
            storage_client(url).create_bucket(bucket)
        services = []
        for target in ("push", "dead_letter"):
            service = images.serve(target, free_port(), url, logs)
            undo.callback(service.stop)
            services.append(service)
        subscriber, dead_letters = services
        endpoints = [f"{service.url}/" for service in services]
        topics.subscribe_push(emulator.host, PROJECT, topic, endpoints, max_attempts)
        chain = Chain(
            emulator,
            url,
            storage,
            subscriber.child,
            subscriber.url,
            dead_letters.child,
            str(logs),
            topic,
        )
        yield ContainerChain(chain, subscriber, dead_letters)
