"""espeak-ng: a program that speaks, small and quick, with a voice of a machine."""

from __future__ import annotations

import io
import subprocess
import wave

import numpy as np

from framework_plugin.errors import VoiceError
from framework_plugin.voice.speaker import Sound

_WORDS_A_MINUTE = 175
"""Its own speed."""


class EspeakSpeaker:
    """Speaks with espeak-ng.

    Args:
        program: Its path.
        voice: One that it lists, such as `cmn`.
        speed: 1 is its own.
        timeout: Seconds that one text may take.
    """

    def __init__(self, program: str, voice: str, speed: float, timeout: float) -> None:
        words = str(round(_WORDS_A_MINUTE * speed))
        self._command = [program, "-v", voice, "-s", words, "-b", "1"]
        self._timeout = timeout

    def speak(self, text: str) -> Sound:
        """See `Speaker`.

        Raises:
            VoiceError: If the program fails.
        """
        try:
            # The text goes in by the side door: nothing in it can be an option.
            done = subprocess.run(
                [*self._command, "--stdin", "--stdout"],
                input=text.encode(),
                capture_output=True,
                timeout=self._timeout,
                check=True,
            )
            with wave.open(io.BytesIO(done.stdout)) as opened:
                # It tells no length; what is there is read.
                samples = np.frombuffer(opened.readframes(1 << 28), np.int16)
                return Sound(samples, opened.getframerate())
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip()[:200]
            raise VoiceError(f"espeak-ng failed: {said}") from error
        except (OSError, EOFError, wave.Error, subprocess.TimeoutExpired) as error:
            raise VoiceError(f"espeak-ng gave no sound: {error}") from error
