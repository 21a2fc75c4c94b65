"""Another process that reads and writes the same index."""

import multiprocessing
from itertools import count
from multiprocessing.connection import Connection

from tests.matching.builders import found, need
from tests.matching.engines import Place


class reading_process:
    """Another process with the same index open: `ask("text")` searches there, `ask("+id")` writes a document there,
    `ask("!rebuild")` begins a rebuild there; `ask.leave("*round")` leaves it writing twenty documents at a time, for ever."""

    def __init__(self, place: Place, kill: bool = False) -> None:
        # Forked from a process that has read the libraries and dictionaries, and holds no threads or locks.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.matching.dictionaries"])
        self._kill = kill
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(place, theirs), daemon=True)

    def __enter__(self) -> "reading_process":
        self._process.start()
        return self

    def __call__(self, question: str) -> list[str]:
        self._line.send(question)
        assert self._line.poll(60), "the other process does not answer"
        answer: list[str] = self._line.recv()
        return answer

    def leave(self, question: str) -> None:
        """Asks, and waits for no answer."""
        self._line.send(question)

    def __exit__(self, *error: object) -> None:
        if self._kill:
            self._process.kill()
        else:
            self._line.send(None)
        self._process.join(30)


def _serve(place: Place, line: Connection) -> None:
    index = place.open()
    rebuilds = []
    while (question := line.recv()) is not None:
        if question == "!rebuild":
            rebuilds.append(index.begin_rebuild())
            line.send([])
        elif question.startswith("*"):
            for batch in count():
                index.upsert(need(f"{question[1:]}-{batch}-{n}", f"round{question[1:]}") for n in range(20))
        elif question.startswith("+"):
            index.upsert([need(question[1:])])
            line.send([])
        else:
            line.send(found(index, question))
