"""An index that takes up what changes in the documents while it answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from framework_plugin.errors import DocumentError, PersonalChatError
from framework_plugin.retrieval.faq_folder import FaqFolder
from framework_plugin.retrieval.hits import Hit
from framework_plugin.retrieval.index import PassageIndex
from framework_plugin.retrieval.passages import Passage

if TYPE_CHECKING:
    # SQLAlchemy takes its time; who searches files alone shall not wait for it.
    from framework_plugin.retrieval.document import Changes

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5
"""Seconds between two looks for changes."""
RETRY_AFTER = 5.0
"""Seconds after which documents are looked for again that could not be read."""
PATIENCE = 0.05
"""Seconds that a request waits for a look: more than one takes that finds little."""
FIRST_PATIENCE = 3.0
"""Seconds that are waited for the documents at the start."""
SCATTERED = 0.1
"""Share of passages outside the large segment from which on all are merged."""


_Missed = list[tuple[Sequence[Passage], Collection[str]]]


class Documents(Protocol):
    """Where documents are kept; see `DocumentRepository`."""

    def revision(self) -> int:
        """How often they were changed."""
        ...

    def passages(self) -> Iterable[Passage]:
        """All passages."""
        ...

    def changes_since(self, revision: int) -> Changes:
        """What changed since."""
        ...


class LiveIndex:
    """Answers from an index of files, and of documents that may change at any time.

    A request that comes half a second or more after the last look has another thread
    look for changes. It waits for that a moment at most, never for a rebuild or a
    database that does not answer, and is served from the index at hand. An index is
    never changed but replaced, so requests under way are not disturbed.

    Where the documents or the files cannot be read, what was read last goes on
    answering.

    Args:
        files: The index of the files, whose settings hold for the documents too.
        connect: Opens the documents; called again until it succeeds.
        clock: Tells the time, in seconds since the epoch: what does not hold is not
            found.
        folder: Where the files are, if they may change.
    """

    def __init__(
        self,
        files: PassageIndex,
        connect: Callable[[], Documents],
        clock: Callable[[], float],
        folder: FaqFolder | None = None,
    ) -> None:
        self._index = files
        self._folder = folder
        self._own = frozenset(passage.id for passage in files)
        self._connect = connect
        self._clock = clock
        self._hidden_by_own: set[str] = set()
        self._documents: Documents | None = None
        self._revision: int | None = None
        self._next_look = 0.0
        self._failing = False
        self._files_fail = False
        self._looking = threading.Lock()
        # Guards `_index` and `_missed`, and is held while an index is changed.
        self._changing = threading.Lock()
        self._missed: _Missed | None = None
        self._look_soon(FIRST_PATIENCE)

    def __len__(self) -> int:
        return len(self._index)

    def passage(self, id_: str) -> Passage | None:
        """The passage of that id, whether or not it holds now, or None."""
        return self.current().passage(id_)

    def search(
        self,
        query: str,
        limit: int = 5,
        *,
        at: float | None = None,
        audience: Collection[str] = (),
    ) -> list[Hit]:
        """See `PassageIndex.search`.

        Args:
            query: A question in the user's words.
            limit: Highest number of hits.
            at: The time at which they must hold; now when left out.
            audience: Groups to which the user belongs.

        Raises:
            DocumentError: There is nothing to be searched.
        """
        moment = self._clock() if at is None else at
        return self.current().search(query, limit, at=moment, audience=audience)

    def current(self) -> PassageIndex:
        """The index as it is now; it stays so.

        Raises:
            DocumentError: There is nothing in it.
        """
        if time.monotonic() >= self._next_look:
            self._look_soon(PATIENCE)
        index = self._index
        if not len(index):
            raise DocumentError(
                "There is nothing to answer from: no question in the files and no "
                "passage in the database. Add documents with 'personal-chat documents "
                "add', or name the questions with PERSONAL_CHAT_FAQ."
            )
        return index

    def _look_soon(self, patience: float) -> None:
        """Looks for changes in another thread, unless one is at it."""
        if not self._looking.acquire(blocking=False):
            return
        # Not before the lock: another request may have looked meanwhile.
        if time.monotonic() < self._next_look:
            self._looking.release()
            return
        thread = threading.Thread(target=self._look, name="documents", daemon=True)
        thread.start()
        thread.join(patience)

    def _look(self) -> None:
        wait = RETRY_AFTER
        try:
            self._take_up_files()
            self._take_up()
            wait = LOOK_EVERY
            if self._failing:
                logger.info("The documents can be read again.")
            self._failing = False
        except PersonalChatError as error:
            if not self._failing:
                logger.warning(
                    "What is known of the documents stays as it is for now, with "
                    "%d passages: %s",
                    len(self._index),
                    error,
                )
            self._failing = True
        finally:
            self._next_look = time.monotonic() + wait
            self._looking.release()

    def _take_up_files(self) -> None:
        """Brings the index up to date with the files."""
        if self._folder is None:
            return
        try:
            change = self._folder.changes()
            self._files_fail = False
        except DocumentError as error:
            if not self._files_fail:
                logger.warning("What was read of the files stays for now: %s", error)
            self._files_fail = True
            return
        if change is None:
            return
        before, self._own = self._own, frozenset(one.id for one in change.entries)
        if not self._hidden_by_own.isdisjoint(change.removed):
            # Passages of the documents come to light again: all are read anew.
            self._hidden_by_own.clear()
            self._revision = None
        if change.extract is None:
            self._put(change.put, change.removed)
        else:
            others = [one for one in self._index if one.id not in before | self._own]
            index = self._index.reread((*change.entries, *others), change.extract)
            with self._changing:
                # A merge that is under way comes too late.
                self._index, self._missed = index, None
        logger.info("The files were changed: %d questions now.", len(change.entries))

    def _take_up(self) -> None:
        """Brings the index up to date with the documents.

        Raises:
            PersonalChatError: The documents cannot be read.
        """
        if self._documents is None:
            self._documents = self._connect()
        if self._revision is None:
            # Before the passages, so that nothing is missed.
            revision = self._documents.revision()
            self._change(list(self._documents.passages()), ())
            self._revision = revision
            return
        if self._documents.revision() == self._revision:
            return
        changes = self._documents.changes_since(self._revision)
        removed = changes.removed
        if changes.whole:
            kept = {p.id for p in changes.added}.union(self._own)
            removed = tuple(p.id for p in self._index if p.id not in kept)
        self._change((*changes.added, *changes.changed), removed)
        self._revision = changes.revision

    def _change(self, put: Sequence[Passage], removed: Collection[str]) -> None:
        """Changes what is of the documents; the files go before them."""
        self._hidden_by_own.update(one.id for one in put if one.id in self._own)
        put = [passage for passage in put if passage.id not in self._own]
        self._put(put, [id_ for id_ in removed if id_ not in self._own])

    def _put(self, put: Sequence[Passage], removed: Collection[str]) -> None:
        if not put and not removed:
            return
        with self._changing:
            self._index = self._index.changed(put, removed)
            if self._missed is not None:
                self._missed.append((put, removed))
            elif self._index.scattered > SCATTERED:
                self._missed = []
                arguments = (self._index, self._missed)
                threading.Thread(
                    target=self._merge, args=arguments, name="merge", daemon=True
                ).start()

    def _merge(self, index: PassageIndex, missed: _Missed) -> None:
        """Puts a merged index in place, with what was changed meanwhile.

        Unless all was read anew: then others note what is missed.
        """
        try:
            merged = index.merged()
        except BaseException:
            with self._changing:
                if self._missed is missed:
                    self._missed = None
            raise
        with self._changing:
            if self._missed is not missed:
                return
            for put, removed in missed:
                merged = merged.changed(put, removed)
            self._index, self._missed = merged, None
