"""One chain with a proxy before its servers, the uploads of a scenario, and the audit."""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import psutil
import requests
from google.cloud.storage import Client

from pipeline.local.chain import PROJECT, RESULTS, UPLOADS, Chain, running_chain
from pipeline.local.processes import Child, answers, free_port
from pipeline.models import Upload
from pipeline.outcomes.document import document_name
from pipeline.translation.engines.google_fake import FakeCloudTranslation
from tests.faults import coded
from tests.faults.engines import GATE
from tests.faults.proxy import Fault, Proxy
from tests.faults.pubsub import Announcements, publish
from tests.support import audit
from tests.support.chain_client import awaited, stored_documents, upload_to
from tests.support.push_bodies import push_of

ROOT = Path(__file__).parents[2]
# Named and not imported: an import would load the modules of the subscriber's worker.
_WARM = "--worker-class tests.faults.warm.Worker"
_WORDS = ("abierto", "cerrado", "entrada", "salida", "peligro", "cuidado")


@dataclass(slots=True)
class Scene:
    """The chain in which scenarios run; scenarios may share it one after the other."""

    chain: Chain
    proxy: Proxy
    translator: FakeCloudTranslation
    environment: dict[str, str]
    client: Client
    announcements: Announcements
    random: Random = field(default_factory=Random)
    expected: list[audit.Expected] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    announced: list[audit.Announced] = field(default_factory=list)
    began: str = ""

    def texts(self, count: int = 2, about: str = "") -> tuple[str, ...]:
        """Lines of a new picture, each with a token that no other picture has.

        Each line also contains `about`, so that a fault can recognise the picture at every stage.
        """
        token = "zq" + "".join(self.random.choices("abcdefghijklmnop", k=8))
        words = [f"{self.random.choice(_WORDS)} {_WORDS[n % 6]}" for n in range(count)]
        return tuple(" ".join(filter(None, (token, about, word))) for word in words)

    def upload(
        self,
        name: str,
        texts: tuple[str, ...] = (),
        *,
        act: str = "",
        code: str = "",
        copies: int = 1,
    ) -> Upload:
        """Uploads a picture of unique texts, or a PDF if the name ends so, and records the
        expected result.
        """
        texts = texts or self.texts()
        make = coded.pdf if name.endswith(".pdf") else coded.picture
        upload = upload_to(self.client, name, make(*texts, act=act))
        self.expected.append(audit.Expected(upload, texts, code, copies))
        return upload

    def upload_all(self, names: Sequence[str]) -> None:
        for name in names:
            self.upload(name)

    def log_lines(self, **fields: str) -> list[dict[str, Any]]:
        """The log lines of this scenario with these fields, in order."""
        lines = [each for each in audit.lines_of(self.logs) if each.get("time", "") >= self.began]
        lines = [each for each in lines if fields.items() <= each.items()]
        return sorted(lines, key=lambda each: str(each["time"]))

    def canonical(self, name: str) -> list[dict[str, Any]]:
        """The log lines of an upload's deliveries, in order."""
        return self.log_lines(object=f"gs://{UPLOADS}/{name}")

    def delete(self, name: str) -> None:
        """Deletes an upload, as its owner may at any time."""
        self.deleted.add(name)
        self.client.bucket(UPLOADS).blob(name).delete()

    @contextmanager
    def fault(self, *faults: Fault) -> Iterator[None]:
        """Applies the faults while the block runs; the first one is outermost."""
        self.proxy.faults = [*faults]
        try:
            yield
        finally:
            self.proxy.faults = []

    def push(self, upload: Upload, **changes: str) -> requests.Response:
        """Pushes to the subscriber as Pub/Sub does, with credentials."""
        headers = {"Authorization": f"Bearer {audit.SECRET}"}
        url, body = self.chain.subscriber_url, push_of(upload, **changes)
        return requests.post(url, data=body, headers=headers, timeout=120)

    def deliver(self, uploads: Sequence[Upload]) -> None:
        """Delivers messages of these uploads at once, besides those of the bucket.

        Asserts that a subscriber that is pushed to accepts some and refuses only under load.
        """
        if self.chain.delivery == "pull":
            publish(self.chain, uploads)
            return
        with ThreadPoolExecutor(12) as pool:
            answers = {answer.status_code for answer in pool.map(self.push, uploads)}
        assert answers <= {204, 429}
        assert 204 in answers

    def deliver_again(self, upload: Upload) -> None:
        """Delivers a message of this upload and returns when it is acknowledged."""
        if self.chain.delivery == "push":
            assert self.push(upload).status_code == 204
            return
        before = len(self.canonical(upload.ref.name))
        publish(self.chain, [upload])
        awaited(lambda: len(self.canonical(upload.ref.name)) > before)

    def room_taken(self) -> tuple[int, int]:
        """Slots and megabytes in use, read from the canonical line of one more delivery."""
        upload = self.expected[-1].upload
        self.deliver_again(upload)
        line = self.canonical(upload.ref.name)[-1]
        return line["slots_taken"], line["budget_taken_mb"]

    @property
    def logs(self) -> str:
        """The logs of all processes of the chain."""
        files = sorted(Path(self.chain.logs).glob("*.log"))
        return "\n".join(file.read_text(errors="replace") for file in files)

    def kill_worker(self, master: Child | None = None) -> None:
        """Sends SIGKILL to the worker of `master`, by default the subscriber;
        gunicorn starts another.
        """
        parent = psutil.Process((master or self.chain.subscriber).pid)
        worker = awaited(parent.children)[0]
        worker.send_signal(signal.SIGKILL)
        # The master reaps the worker: a dead process sends no more requests.
        psutil.wait_procs([worker], timeout=10)

    def restart_subscriber(self) -> None:
        """Kills the whole process group and starts a new one on the same port."""
        self.chain = self.chain.restart_subscriber(self.environment)

    def await_ready(self) -> None:
        """Waits until the subscriber answers; messages wait for one that pulls."""
        if self.chain.delivery == "push":
            awaited(lambda: answers(f"{self.chain.subscriber_url}/health"))

    def settled(self) -> bool:
        """Whether every generation has ended."""
        ends = audit.settled(self.logs)
        return all((each.upload.ref.uri, each.generation) in ends for each in self.expected)

    def audit(self, seconds: float = 120) -> None:
        """Asserts that `findings` is empty."""
        findings = self.findings(seconds)
        assert not findings, "\n".join(findings)

    def findings(self, seconds: float = 120) -> list[str]:
        """Waits until every generation has ended; returns the findings of the audit."""
        with suppress(AssertionError):  # the audit gives a better message
            awaited(self.settled, seconds, pause=0.3)
        self.collect_announcements()
        evidence = audit.Evidence(
            self.expected,
            stored_documents(self.client),
            self.logs,
            "[es>en] ",
            list(self.proxy.timeline),
            self.announced,
            frozenset(self.deleted),
        )
        return audit.audit(evidence)

    def collect_announcements(self) -> None:
        """Takes the messages of the results topic into the evidence."""
        self.announced += self.announcements.pull()

    def begin(self, seed: str) -> None:
        """Deletes the objects and the expected results of previous scenarios.

        Two scenarios must not have the same seed, because the subscriber caches translations.
        """
        self.random = Random(seed)
        self.began = datetime.now(UTC).isoformat()
        self.proxy.faults = []
        for bucket in (UPLOADS, RESULTS):
            for blob in list(self.client.list_blobs(bucket)):
                blob.delete()
        self.expected.clear()
        self.deleted.clear()
        self.announcements.pull()
        self.announced = []
        self.proxy.timeline.clear()
        self.await_ready()

    def document_is_there(self, name: str) -> bool:
        return self.client.bucket(RESULTS).blob(document_name(name)).exists()


@contextmanager
def running_scene(
    logs: Path,
    *,
    max_attempts: int = 100,
    gunicorn: str = "",
    delivery: str = "push",
    **environment: str,
) -> Iterator[Scene]:
    """A chain whose services reach their servers and the suite only through the proxy.

    `gunicorn` is put before the service's gunicorn settings.

    Raises:
        ConfigurationError: a part of the chain is missing.
    """
    port, emulator_port = free_port(), free_port()
    emulator = os.environ.get("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{emulator_port}")
    topic = f"projects/{PROJECT}/topics/outcomes-{port}"
    translator = FakeCloudTranslation()
    translator.start()
    proxy = Proxy(f"http://127.0.0.1:{port}", translator.endpoint, f"http://{emulator}")
    environment = {
        "PYTHONPATH": str(ROOT),
        "OCR_ENGINE": "tests.faults.engines:CodedEngine",
        "TRANSLATOR": "google",
        "TRANSLATOR_PROJECT": "fake",
        "GOOGLE_TRANSLATE_ENDPOINT": proxy.url,
        "STORAGE_EMULATOR_HOST": proxy.url,
        "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{proxy.server_port}",
        "RESULTS_TOPIC": topic,
        "SOURCE_LANGUAGE": "es",
        "TARGET_LANGUAGES": "en",
        GATE: proxy.url,
        "GUNICORN_CMD_ARGS": f"{_WARM} {gunicorn}",
        **environment,
    }
    try:
        with running_chain(
            logs,
            environment,
            max_attempts=max_attempts,
            storage_port=port,
            delivery=delivery,
            emulator_port=emulator_port,
        ) as chain:
            announcements = Announcements(chain, topic)
            scene = Scene(chain, proxy, translator, environment, chain.client(), announcements)
            try:
                yield scene
            finally:
                # Some parts may have been restarted since the chain was started.
                scene.chain.stop(kill=True)
    finally:
        for server in (proxy, translator):
            server.shutdown()
            server.server_close()
