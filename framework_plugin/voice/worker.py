"""The voice process: hears or speaks for one server, one utterance after the other.

Run by `process.py` as `python -m framework_plugin.voice.worker`. It ends when its input
does, so it never outlives its server for longer than one utterance.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from framework_plugin.errors import PersonalChatError, VoiceError
from framework_plugin.voice.activity import spans_of, speech_of
from framework_plugin.voice.audio import decoded
from framework_plugin.voice.engines.choice import recogniser_of, speaker_of
from framework_plugin.voice.frames import Frame, read_frame, write_frame
from framework_plugin.voice.live import LiveHearing
from framework_plugin.voice.recogniser import Recogniser
from framework_plugin.voice.settings import VoiceSettings, read_settings
from framework_plugin.voice.speaker import Speaker
from framework_plugin.voice.trouble import NotHeard, Trouble

_POLITE = 5
"""How far it stands back behind the server, for the processor."""

Answer = Callable[[Frame], Frame]


def main() -> None:
    """Answers frames of the standard input on the standard output."""
    os.nice(_POLITE)
    # What libraries print must not get between the frames.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        answer = _answer_of(sys.argv[1], read_settings(Path(sys.argv[2])))
    except PersonalChatError as error:
        write_frame(output, {"trouble": Trouble.BROKEN.value, "message": str(error)})
        return
    except Exception as error:
        # Whatever a library raises at a model that is none.
        said = f"The engine cannot be started: {type(error).__name__}: {error}"
        write_frame(output, {"trouble": Trouble.BROKEN.value, "message": said})
        return
    write_frame(output, {"ready": True})
    _serve(sys.stdin.buffer, output, answer)


def _answer_of(task: str, settings: VoiceSettings) -> Answer:
    if task == "hear":
        # Loaded now, not while the first user waits.
        import av  # noqa: F401

        recogniser = recogniser_of(settings)
        longest = settings.limits.seconds
        live = LiveHearing(recogniser)

        def answer(frame: Frame) -> Frame:
            content, data = frame
            if "so_far" in content:
                return so_far(str(content["so_far"]), data, live, longest)
            return heard(data, recogniser, longest)

        return answer
    speaker = speaker_of(settings)
    return lambda frame: spoken(str(frame[0].get("text", "")), speaker)


def _serve(source: BinaryIO, output: BinaryIO, answer: Answer) -> None:
    while (frame := read_frame(source.read)) is not None:
        try:
            content, data = answer(frame)
        except NotHeard as error:
            content, data = _trouble(error.trouble, str(error)), b""
        except VoiceError as error:
            content, data = _trouble(Trouble.BROKEN, str(error)), b""
        except Exception as error:
            # The engine's own; its text may hold words of the user.
            said = f"The engine failed with {type(error).__name__}."
            content, data = _trouble(Trouble.BROKEN, said), b""
        write_frame(output, content, data)


def heard(data: bytes, recogniser: Recogniser, longest: float) -> Frame:
    """What a recording says.

    Args:
        data: The file.
        recogniser: Makes words of it.
        longest: Seconds that it may have.

    Raises:
        NotHeard: If there are no words to it.
    """
    audio = decoded(data, longest)
    spans = spans_of(audio)
    if not spans:
        raise NotHeard(
            Trouble.SILENT, f"Nobody speaks in the {audio.seconds:.1f} seconds."
        )
    speech = speech_of(audio, spans)
    began = time.perf_counter()
    transcript = recogniser.recognise(speech)
    took = time.perf_counter() - began
    if not transcript.text:
        raise NotHeard(
            Trouble.UNCLEAR, f"No words in {speech.seconds:.1f} seconds of speech."
        )
    content = {
        "text": transcript.text,
        "confidence": transcript.confidence,
        "seconds": round(audio.seconds, 3),
        "took": took,
    }
    return content, b""


def so_far(utterance: str, data: bytes, live: LiveHearing, longest: float) -> Frame:
    """What a recording that goes on says up to now.

    Args:
        utterance: Which one.
        data: All of the file that there is.
        live: Makes words of it.
        longest: Seconds that it may have.

    Raises:
        NotHeard: If there is no sound in it yet, or too much.
    """
    began = time.perf_counter()
    words = live.words(utterance, decoded(data, longest, goes_on=True))
    return {"text": words, "took": time.perf_counter() - began}, b""


def spoken(text: str, speaker: Speaker) -> Frame:
    """A text as a WAV file."""
    return {}, speaker.speak(text).as_wav()


def _trouble(trouble: Trouble, message: str) -> dict[str, str]:
    return {"trouble": trouble.value, "message": message}


if __name__ == "__main__":
    main()
