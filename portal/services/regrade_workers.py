"""Further processes of a re-grading, which read, grade and compare blocks by themselves.

Each has a read-only connection of its own and is told only the keys of its blocks; what comes back
is what the process that began has to know. They are started as a program, because a copy of a
process with threads and open databases must not go on, and because multiprocessing would load the
whole command line again first, which takes longer than grading 20,000 sheets. They never write, so
they can be ended at any moment.

Pickles travel through the pipes of programs that this module itself has started. What a process
answers is always taken up at once by a thread, so neither side can wait for the other in a circle.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import NamedTuple, Self

from portal.config import ROOT
from portal.domain.sealed_sheets import Edition
from portal.services.regrade_blocks import Answer, Grader, Question, Span, answer
from portal.store.database import Source, StoreError
from portal.store.reading import open_source
from scoring.errors import ScoringError

ALONE = 10_000
"""Sheets for which no other process is started: they take a third of a second."""

MUCH = 20_000
"""Sheets that are worth another process from the beginning."""

OTHERS = 7
"""Most processes beside this one; each takes about 100 MiB."""

QUEUED = 2
"""Blocks that each of them has before it, so that it never waits for the next."""

PROGRAM = "from portal.services.regrade_workers import serve; serve()"

LeftOut = Mapping[tuple[str, str], ScoringError]
Recipes = Mapping[Edition, bytes | None]
"""How editions are graded that a process does not know yet; None by nothing."""


class Order(NamedTuple):
    """A block to be graded."""

    span: Span
    recipes: Recipes


class Reply(NamedTuple):
    """What a process found; ``answer`` is None where it met an edition it had no recipe for.

    Attributes:
        left_out: what was left out since the last reply, by edition.
    """

    answer: Answer | None
    left_out: Mapping[Edition, LeftOut]


class GoneError(Exception):
    """A process ended before it replied."""


# ------------------------------------------------------------------ in the other process


class _UnknownEditionError(Exception):
    """A block has sheets of an edition that nobody has told of yet."""


def serve() -> None:
    """Grade what is asked until no more is; the program of another process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that began decides when to stop
    asked, answered = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    # whatever goes wrong here, the one that began does it itself and says what it is
    with suppress(EOFError, OSError, StoreError):
        address, question = pickle.load(asked)  # noqa: S301 - from the process that started us
        source = open_source(address)
        graders: dict[Edition, Grader | None] = {}
        pickle.dump(None, answered)  # from now on we have time
        while True:
            answered.flush()
            order: Order = pickle.load(asked)  # noqa: S301 - from the process that started us
            for edition, recipe in order.recipes.items():
                graders[edition] = None if recipe is None else Grader.made(recipe)
            reply = _reply(source, question, order.span, graders)
            pickle.dump(reply, answered, pickle.HIGHEST_PROTOCOL)


def _reply(
    source: Source, question: Question, span: Span, graders: Mapping[Edition, Grader | None]
) -> Reply:
    def known(edition: Edition) -> Grader | None:
        if edition not in graders:
            raise _UnknownEditionError
        return graders[edition]

    try:
        found = answer(source, question, span, known)
    except _UnknownEditionError:
        found = None
    left_out = {}
    for edition, grader in graders.items():
        if grader is not None and grader.reader.left_out:
            left_out[edition] = dict(grader.reader.left_out)
            grader.reader.left_out.clear()
    return Reply(found, left_out)


# ------------------------------------------------------------------ in the one that began


class Helper:
    """Another process, as it is seen from here.

    Attributes:
        ready: set when it is up, and also when it has ended without getting so far.
    """

    def __init__(self, address: str, question: Question) -> None:
        self._told: set[Edition] = set()
        self._given: deque[Future[Reply]] = deque()
        self._gate = Lock()  # nothing is given behind the end
        self._gone = False
        self.ready = Event()
        path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
        # no matrix is multiplied, so no threads are needed for that
        environment = os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise OSError("no pipes")
        self._orders, self._replies = self.process.stdin, self.process.stdout
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()
        self._send((address, question))

    def _send(self, what: object) -> None:
        with suppress(OSError):  # it has ended, which the listener finds out as well
            pickle.dump(what, self._orders, pickle.HIGHEST_PROTOCOL)
            self._orders.flush()

    def _listen(self) -> None:
        with suppress(Exception):  # what cannot be understood is as good as none
            while True:
                reply = pickle.load(self._replies)  # noqa: S301 - from a process that we started
                if reply is None:
                    self.ready.set()
                else:
                    self._given.popleft().set_result(reply)
        with self._gate:
            self._gone = True
        self.ready.set()
        while self._given:
            self._given.popleft().set_exception(GoneError())

    def has_time(self) -> bool:
        """Whether it is up and will soon have nothing to do."""
        return self.ready.is_set() and not self._gone and len(self._given) < QUEUED

    def give(self, span: Span, graders: Mapping[Edition, Grader | None]) -> Future[Reply]:
        """Let it grade a block; the future may raise :class:`GoneError`."""
        future: Future[Reply] = Future()
        recipes = {
            edition: grader.recipe if grader is not None else None
            for edition, grader in graders.items()
            if edition not in self._told
        }
        with self._gate:
            if self._gone:
                future.set_exception(GoneError())
                return future
            self._given.append(future)
        self._send(Order(span, recipes))
        self._told |= recipes.keys()
        return future

    def close(self) -> None:
        """End it, in the middle of something if need be."""
        self.process.kill()
        self.process.wait()
        self._thread.join()
        with suppress(OSError):  # something may be left that nobody reads any more
            self._orders.close()
        self._replies.close()


class Crew:
    """The other processes; none before there is enough to do, none on a single core.

    Args:
        address: of the database.
        question: what is asked.
        total: how many sheets are known to come; 0 where nobody knows.
    """

    def __init__(self, address: str, question: Question, total: int) -> None:
        self._address, self._question = address, question
        self._least = 0 if total >= MUCH else ALONE
        self.others = min(OTHERS, self.cores() - 1)
        self.helpers: list[Helper] = []

    @staticmethod
    def cores() -> int:
        """How many this process may use."""
        affinity = getattr(os, "sched_getaffinity", None)
        return len(affinity(0)) if affinity else os.cpu_count() or 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for helper in self.helpers:
            helper.close()

    @property
    def ahead(self) -> int:
        """Most blocks that may be on their way; more would only fill memory."""
        return 2 * QUEUED * (1 + len(self.helpers))

    def with_time(self, done: int) -> Iterator[Helper]:
        """Those that may be given a block, as often as they may.

        Args:
            done: sheets that are graded; from a number on others are started.
        """
        if not self.helpers and done >= self._least:
            self._start()
        for helper in self.helpers:
            while helper.has_time():
                yield helper

    def _start(self) -> None:
        while len(self.helpers) < self.others:
            try:
                self.helpers.append(Helper(self._address, self._question))
            except OSError:  # no process can be started
                self.others = 0
