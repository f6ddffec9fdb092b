"""An answer that comes from elsewhere, to be looked at before it has to be waited for."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
WAIT_S = 1.0
"""How long to wait at a stretch: a wait without an end hears no interrupt on Windows."""


class Ahead(Generic[Answer]):
    """The first answer of an iterator, taken in a thread of its own where it is made elsewhere.

    Parameters
    ----------
    answers : hands on one answer, such as the generator of a `joblib.Parallel`
    elsewhere : whether another process makes it; else it is made when it is waited for

    Examples
    --------
    >>> early = Ahead(iter([7]), elsewhere=False)
    >>> early.now() is None, early.wait(), early.wait(), early.now()
    (True, 7, 7, 7)
    """

    def __init__(self, answers: Iterator[Answer], *, elsewhere: bool) -> None:
        self._answers = answers
        self._known: list[Answer] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._take, daemon=True)
        self._started = elsewhere
        if elsewhere:
            self._thread.start()

    def _take(self) -> None:
        try:
            self._known.append(next(self._answers))
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            self._error = error

    def now(self) -> Answer | None:
        """Return the answer if it is there."""
        return self._known[0] if self._known else None

    def wait(self) -> Answer:
        """Return the answer when it is there.

        Raises
        ------
        BaseException
            What making it has raised.
        """
        if not self._started:
            self._started = True
            self._take()
        while self._thread.is_alive():
            self._thread.join(WAIT_S)
        if self._error is not None:
            raise self._error
        return self._known[0]
