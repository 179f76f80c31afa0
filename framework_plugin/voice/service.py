"""Hearing and speaking for a server, beside its event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework_plugin.voice.engines.choice import check
from framework_plugin.voice.frames import Frame
from framework_plugin.voice.process import Task, VoiceProcess
from framework_plugin.voice.settings import VoiceSettings, read_settings
from framework_plugin.voice.speaker import said_aloud
from framework_plugin.voice.trouble import NotHeard, Trouble

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Heard:
    """What was understood of a recording.

    Args:
        text: The words; never empty.
        confidence: From 0 to 1; None where the engine tells none.
        seconds: Of the recording.
        took: Seconds that the engine needed, without reading the file.
    """

    text: str
    confidence: float | None
    seconds: float
    took: float


@dataclass(frozen=True)
class SoFar:
    """What was understood of a recording that goes on.

    Args:
        text: The words; empty while there are none, and they may change yet.
        took: Seconds that it took to read and to hear it.
    """

    text: str
    took: float


class VoiceService:
    """What a server has for speech: a process that hears, and one that speaks.

    Both start when they are first needed. Each has a queue of its own, so that a reply
    is spoken while another user is heard.

    Args:
        path: Of `voice.yml`; without that file there is neither.

    Raises:
        SettingsError: If the file cannot be used.
        VoiceError: If something that it names is missing.
    """

    def __init__(self, path: Path) -> None:
        path = path.resolve()
        self.settings = read_settings(path)
        check(self.settings)
        self._hearing = _Line("hear", path, self.settings)
        self._speaking = _Line("speak", path, self.settings)

    @property
    def hears(self) -> bool:
        """Whether a recogniser is set up."""
        return bool(self.settings.recogniser.engine)

    @property
    def speaks(self) -> bool:
        """Whether a speaker is set up."""
        return bool(self.settings.speaker.engine)

    async def hear(self, data: bytes) -> Heard:
        """The words of a recording.

        Args:
            data: A file of any kind that `audio.decoded` knows.

        Raises:
            NotHeard: If there are none; its trouble says why.
        """
        limits = self.settings.limits
        if not self.hears:
            raise NotHeard(Trouble.OFF, "voice.yml names no recogniser.")
        if len(data) > limits.bytes:
            raise NotHeard(
                Trouble.TOO_LONG,
                f"The recording has {len(data)} bytes; allowed are {limits.bytes}.",
            )
        content, _ = await self._hearing.ask({}, data)
        return Heard(**content)

    async def hear_so_far(self, utterance: str, data: bytes) -> SoFar | None:
        """The words of a recording that goes on.

        Whole recordings go first: it is heard only while nobody else is.

        Args:
            utterance: The same for all parts of one, and no other.
            data: All of the file that there is, as for `hear`.

        Returns:
            None if others are heard now, or nothing can be made out yet.

        Raises:
            NotHeard: If it is too long, or nothing is set up to hear it.
        """
        limits = self.settings.limits
        if not self.hears:
            raise NotHeard(Trouble.OFF, "voice.yml names no recogniser.")
        if len(data) > limits.bytes:
            raise NotHeard(Trouble.TOO_LONG, f"More than {limits.bytes} bytes came.")
        if self._hearing.is_busy:
            return None
        try:
            content, _ = await self._hearing.ask({"so_far": utterance}, data)
        except NotHeard as error:
            if error.trouble is Trouble.TOO_LONG:
                raise
            return None
        return SoFar(**content)

    async def speak(self, text: str) -> bytes:
        """A reply as a WAV file.

        Args:
            text: As it is shown.

        Raises:
            NotHeard: If there is no sound of it; its trouble says why.
        """
        if not self.speaks:
            raise NotHeard(Trouble.OFF, "voice.yml names no speaker.")
        words = said_aloud(text, self.settings.limits.characters)
        if not words:
            raise NotHeard(Trouble.SILENT, "There is nothing in it to speak.")
        _, sound = await self._speaking.ask({"text": words})
        return sound

    def wake(self) -> None:
        """Has the engine loaded, since somebody begins to speak; waits for nothing."""
        if self.hears:
            self._hearing.wake()

    async def close(self) -> None:
        """Ends both processes."""
        await asyncio.gather(self._hearing.close(), self._speaking.close())


class _Line:
    """A process with those who wait for it."""

    def __init__(self, task: Task, path: Path, settings: VoiceSettings) -> None:
        self._process = VoiceProcess(task, path, settings.limits.timeout)
        self._most = settings.limits.waiting + 1
        self._thread = ThreadPoolExecutor(1, f"voice-{task}")
        self._counting = threading.Lock()
        self._inside = 0
        self._waking = False
        self._closed = False

    @property
    def is_busy(self) -> bool:
        """Whether somebody is heard, or spoken to, at the moment."""
        with self._counting:
            return self._inside > 0

    async def ask(self, content: dict[str, Any], data: bytes = b"") -> Frame:
        with self._counting:
            if self._inside >= self._most:
                raise NotHeard(
                    Trouble.BUSY, f"{self._inside} utterances are waiting already."
                )
            if self._closed:
                raise NotHeard(Trouble.BROKEN, "The server stops.")
            self._inside += 1
            asked = self._thread.submit(self._process.ask, content, data)
        # Who does not wait any more gives the place back all the same.
        asked.add_done_callback(self._leave)
        return await asyncio.wrap_future(asked)

    def wake(self) -> None:
        with self._counting:
            # Who waits already starts it, or has.
            if self._closed or self._waking or self._inside or self._process.id:
                return
            self._waking = True
            self._thread.submit(self._start)

    def _start(self) -> None:
        try:
            self._process.start()
        except NotHeard as error:
            logger.error("The voice process cannot be started: %s", error)
        finally:
            self._waking = False

    def _leave(self, _: Future[Frame]) -> None:
        with self._counting:
            self._inside -= 1

    async def close(self) -> None:
        with self._counting:
            self._closed = True
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._process.kill()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._process.close()
