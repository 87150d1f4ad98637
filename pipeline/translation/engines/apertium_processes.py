"""Chains of child processes (shell pipelines) that stay alive, and a pool of them.

Every stage of a chain flushes at a NUL byte. Each segment is sent with a numbered mark, which
the stages pass through unchanged. A reply is valid only if it ends in its segment's mark and
one NUL, because stages that die or hang may answer too little or too late.
"""

import os
import selectors
import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from pipeline.errors import DeadlineExceededError, TranslatorUnavailableError

Commands = tuple[tuple[str, ...], ...]
"""The stages of a chain in order; each is an argument vector."""

_NUL = b"\0"
_CHUNK_BYTES = 65_536


class ChainBrokenError(Exception):
    """A stage died, hung or gave an invalid reply; the chain must not be used again."""


class Chain:
    """One running chain; only one thread at a time may use it.

    Only this process holds the writing end of the first stage's input. When this process ends,
    even by SIGKILL, each stage in turn reads an end of file and exits.
    """

    def __init__(self, commands: Commands, environment: Mapping[str, str]) -> None:
        self._stages: list[subprocess.Popen[bytes]] = []
        self._marks = 0
        try:
            for command in commands:
                source = self._stages[-1].stdout if self._stages else subprocess.PIPE
                self._stages.append(
                    subprocess.Popen(  # noqa: S603  # an argument vector from an installed mode
                        command,
                        stdin=source,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL,
                        env=dict(environment),
                        bufsize=0,
                    )
                )
                # Closed here, so that the stage before gets a broken pipe when this one dies.
                if not isinstance(source, int) and source is not None:
                    source.close()
        except OSError as error:
            self.close()
            raise ChainBrokenError(f"cannot start {commands[len(self._stages)][0]}") from error
        first, last = self._stages[0].stdin, self._stages[-1].stdout
        assert first is not None
        assert last is not None
        self._input, self._output = first, last
        os.set_blocking(self._input.fileno(), False)
        os.set_blocking(self._output.fileno(), False)

    @property
    def pids(self) -> tuple[int, ...]:
        """The stages' process ids, first stage first."""
        return tuple(stage.pid for stage in self._stages)

    def exchange(
        self, segments: Sequence[bytes], *, silence_seconds: float, deadline: float
    ) -> Iterator[bytes]:
        """Sends all segments and yields the replies in order as they arrive.

        Args:
            segments: bytes without NUL.
            silence_seconds: the chain is broken if it neither reads nor writes for so long.
            deadline: a reading of `time.monotonic()`.

        Raises:
            ChainBrokenError: an invalid reply or none; the replies yielded before are valid.
            DeadlineExceededError: the deadline passed first.
        """
        marks = [self._next_mark() for _ in segments]
        unsent = memoryview(
            b"".join(text + mark + _NUL for text, mark in zip(segments, marks, strict=True))
        )
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            if unsent:
                selector.register(self._input, selectors.EVENT_WRITE)
            for mark in marks:
                while (end := received.find(_NUL)) < 0:
                    ready = self._await(selector, silence_seconds, deadline)
                    if self._input in ready:
                        unsent = unsent[self._send(unsent) :]
                        if not unsent:
                            selector.unregister(self._input)
                    if self._output in ready:
                        received += self._receive()
                reply = bytes(received[:end])
                del received[: end + 1]
                if not reply.endswith(mark):
                    raise ChainBrokenError("a reply without the mark of its segment")
                yield reply.removesuffix(mark)
        if received:
            raise ChainBrokenError("more replies than segments")

    def alive(self) -> bool:
        """Whether every stage is still running."""
        return all(stage.poll() is None for stage in self._stages)

    def close(self) -> None:
        """Kills every stage, also stopped ones, and waits for their exit."""
        for stage in self._stages:
            with suppress(ProcessLookupError):
                stage.kill()
            for stream in (stage.stdin, stage.stdout):
                if stream is not None:
                    stream.close()
        for stage in self._stages:
            stage.wait()

    def _next_mark(self) -> bytes:
        self._marks += 1
        return b".[][%d]" % self._marks

    def _await(
        self, selector: selectors.BaseSelector, silence_seconds: float, deadline: float
    ) -> set[object]:
        remaining = deadline - time.monotonic()
        if remaining > 0:
            events = selector.select(min(silence_seconds, remaining))
            if events:
                return {key.fileobj for key, _ in events}
        if time.monotonic() >= deadline:
            raise DeadlineExceededError("the deadline passed while Apertium was translating")
        raise ChainBrokenError(f"no reply within {silence_seconds:g} s")

    def _send(self, unsent: memoryview) -> int:
        try:
            return os.write(self._input.fileno(), unsent[:_CHUNK_BYTES])
        except BlockingIOError:
            return 0
        except BrokenPipeError as error:
            raise ChainBrokenError("the first stage is gone") from error

    def _receive(self) -> bytes:
        try:
            received = os.read(self._output.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return b""
        if not received:
            raise ChainBrokenError("the last stage is gone")
        return received


class ChainPool:
    """At most `size` chains, started on demand; threads may share the pool.

    If all `size` chains exist and no idle one has the requested commands, the chain that was
    idle longest is replaced. So memory is bounded for any mixture of languages.
    """

    def __init__(self, size: int, environment: Mapping[str, str]) -> None:
        self._size = size
        self._environment = environment
        self._changed = threading.Condition()
        self._idle: OrderedDict[Chain, Commands] = OrderedDict()
        self._busy: set[Chain] = set()
        self._starting = 0
        self._closed = False

    @contextmanager
    def lease(self, commands: Commands, deadline: float) -> Iterator[Chain]:
        """Lends a chain for the block; it is closed if the block raises, else kept.

        Raises:
            ChainBrokenError: a chain could not be started.
            DeadlineExceededError: no chain was free in time.
            TranslatorUnavailableError: the pool is closed.
        """
        chain = self._take(commands, deadline)
        try:
            yield chain
        except BaseException:
            self._return_chain(chain, None)
            raise
        self._return_chain(chain, commands)

    def running(self) -> list[Chain]:
        """All existing chains, busy and idle."""
        with self._changed:
            return [*self._busy, *self._idle]

    @property
    def to_start(self) -> int:
        """How many more chains the pool may start."""
        return max(0, self._size - len(self.running()))

    def close(self) -> None:
        """Closes the idle chains now and each busy one when its lease ends."""
        with self._changed:
            self._closed = True
            idle = list(self._idle)
            self._idle.clear()
            self._changed.notify_all()
        for chain in idle:
            chain.close()

    def _take(self, commands: Commands, deadline: float) -> Chain:
        evicted = None
        with self._changed:
            while True:
                if self._closed:
                    raise TranslatorUnavailableError("the translator is closed")
                for chain, chain_commands in reversed(self._idle.items()):
                    if chain_commands == commands:
                        del self._idle[chain]
                        self._busy.add(chain)
                        return chain
                if len(self._busy) + len(self._idle) + self._starting < self._size:
                    break
                if self._idle:
                    evicted, _ = self._idle.popitem(last=False)
                    break
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise DeadlineExceededError("the deadline passed waiting for a translator")
            self._starting += 1
        return self._start(commands, evicted)

    def _start(self, commands: Commands, evicted: Chain | None) -> Chain:
        chain = None
        try:
            if evicted is not None:
                evicted.close()
            chain = Chain(commands, self._environment)
        finally:
            with self._changed:
                self._starting -= 1
                if chain is None:
                    self._changed.notify()
                else:
                    self._busy.add(chain)
        return chain

    def _return_chain(self, chain: Chain, commands: Commands | None) -> None:
        with self._changed:
            self._busy.discard(chain)
            keep = commands is not None and not self._closed and chain.alive()
            if keep and commands is not None:
                self._idle[chain] = commands
            self._changed.notify()
        if not keep:
            chain.close()
