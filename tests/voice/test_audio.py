"""Recordings of every kind become the same sound, and damaged ones are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from framework_plugin.voice.audio import RATE, Audio, decoded
from framework_plugin.voice.trouble import NotHeard, Trouble
from tests.voice.recordings import FILES, noise, silence, written


def trouble_of(data: bytes, longest: float = 60.0) -> tuple[Trouble, str]:
    with pytest.raises(NotHeard) as refused:
        decoded(data, longest)
    return refused.value.trouble, str(refused.value)


@pytest.mark.parametrize(
    ("name", "channels"),
    # AMR has one channel.
    [
        (name, count)
        for name in FILES
        for count in (1, 2)
        if (name, count) != ("AMR", 2)
    ],
)
def test_every_container_gives_the_same_sound(
    speech: Audio, name: str, channels: int
) -> None:
    found = decoded(written(speech.samples, name, channels), 60)
    assert found.samples.dtype == np.float32
    # Codecs put some silence at the ends.
    assert found.seconds == pytest.approx(speech.seconds, abs=0.15)
    # AMR has the band of a telephone.
    alike = 0.7 if name == "AMR" else 0.8
    assert best_match(found.samples, speech.samples) > alike


def best_match(found: np.ndarray, sound: np.ndarray) -> float:
    """The correlation of two sounds, wherever they fit best."""
    size = 1 << (len(found) + len(sound)).bit_length()
    product = np.fft.irfft(np.fft.rfft(found, size) * np.fft.rfft(sound, size).conj())
    return float(product.max() / np.linalg.norm(found) / np.linalg.norm(sound))


def test_what_is_too_long_is_refused_before_it_is_all_decoded() -> None:
    # Ten minutes of silence are a small file.
    long = written(silence(600), "FLAC")
    assert len(long) < 100_000
    trouble, said = trouble_of(long, 5.0)
    assert trouble is Trouble.TOO_LONG
    assert "5 seconds" in said
    assert decoded(written(silence(4.9), "FLAC"), 5.0).seconds == pytest.approx(4.9)


@pytest.mark.parametrize("name", list(FILES))
def test_a_file_that_is_cut_off_early_is_named_and_later_gives_what_is_there(
    speech: Audio, name: str
) -> None:
    whole = written(speech.samples, name)
    trouble, said = trouble_of(whole[:24])
    assert trouble is Trouble.UNREADABLE
    assert name.partition("/")[0].partition(",")[0] in said
    found = seconds_or_trouble(whole[: len(whole) // 6 * 4])
    # Some kinds tell that there should be more; half a sentence is then not guessed at.
    if name in ("WAV", "WebM", "MP3"):
        assert isinstance(found, float)
        assert 0.3 < found < speech.seconds + 0.1
    else:
        assert found is Trouble.UNREADABLE


def seconds_or_trouble(data: bytes) -> float | Trouble:
    try:
        return decoded(data, 60).seconds
    except NotHeard as refused:
        return refused.trouble


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"<html>not found</html>",
        b"RIFF\0\0\0\0WAVE",
        b"OggS" + b"\xff" * 500,
        b"\x1aE\xdf\xa3" + bytes(range(256)),
        b"#!AMR\n",
        b"\0\0\0\x20ftypM4A " + b"\1" * 200,
        b"\xff\xfb\x90\x64" * 3,
    ],
)
def test_garbage_is_named(data: bytes) -> None:
    assert trouble_of(data)[0] is Trouble.UNREADABLE


def test_random_bytes_behind_every_sign_end_in_a_clear_refusal() -> None:
    signs = (b"RIFF\0\0\0\0WAVEfmt ", b"OggS", b"\x1aE\xdf\xa3", b"#!AMR\n", b"ID3")
    random = np.random.default_rng(7)
    for sign in (*signs, b"fLaC", b"\0\0\0\x18ftypmp42", b"\xff\xf1", b"\xff\xfb"):
        for _ in range(20):
            data = sign + random.bytes(2_000)
            try:
                found = decoded(data, 60)
            except NotHeard:
                continue
            assert found.samples.size


@pytest.mark.parametrize(
    "list_of_files",
    ["#EXTM3U\n#EXTINF:1,\n{}\n", "ffconcat version 1.0\nfile {}\n"],
)
def test_a_file_that_names_others_is_not_followed(
    speech: Audio, tmp_path: Path, list_of_files: str
) -> None:
    other = tmp_path / "other.wav"
    other.write_bytes(written(speech.samples, "WAV"))
    assert trouble_of(list_of_files.format(other).encode())[0] is Trouble.UNREADABLE


def test_rates_that_would_fill_the_memory_are_refused(speech: Audio) -> None:
    data = bytearray(written(speech.samples, "WAV"))
    place = data.index(b"fmt ") + 12
    data[place : place + 4] = (10).to_bytes(4, "little")
    trouble, said = trouble_of(bytes(data))
    assert trouble is Trouble.UNREADABLE
    assert "10 Hz" in said


def test_silk_is_named_where_its_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pysilk", None)
    for data in (b"#!SILK_V3" + b"\1" * 99, b"\x02#!SILK_V3" + b"\1" * 99):
        trouble, said = trouble_of(data)
        assert trouble is Trouble.UNREADABLE
        assert "personal-chat[silk]" in said


def test_silk_is_read_with_its_package(speech: Audio) -> None:
    pysilk = pytest.importorskip("pysilk", reason="silk-python is not installed")
    import io

    plain = (speech.samples * 32_767).astype(np.int16).tobytes()
    for tencent in (True, False):
        file = io.BytesIO()
        pysilk.encode(io.BytesIO(plain), file, RATE, 20_000, tencent=tencent)
        found = decoded(file.getvalue(), 60)
        assert found.seconds == pytest.approx(speech.seconds, abs=0.15)
        assert best_match(found.samples, speech.samples) > 0.8
        assert trouble_of(file.getvalue(), 1.0)[0] is Trouble.TOO_LONG
        assert trouble_of(file.getvalue()[:14])[0] is Trouble.UNREADABLE


def test_noise_stays_what_it_is() -> None:
    sound = noise(1.0, 0.1)
    found = decoded(written(sound, "FLAC"), 60).samples
    assert np.abs(found).max() <= 1.0
