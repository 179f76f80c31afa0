"""Which kind of file a recording is, told by its first bytes.

The kind is never left to FFmpeg, which would also take playlists that name other files
and addresses, nor to what the sender says.
"""

from __future__ import annotations

from dataclasses import dataclass

from framework_plugin.voice.trouble import NotHeard, Trouble

_SILK = b"#!SILK_V3"


@dataclass(frozen=True)
class Container:
    """A kind of file.

    Args:
        name: For people.
        format: FFmpeg's name of it.
    """

    name: str
    format: str


WAV = Container("WAV", "wav")
OGG = Container("Ogg", "ogg")
WEBM = Container("WebM", "matroska")
AMR = Container("AMR", "amr")
MP4 = Container("MP4", "mov")
MP3 = Container("MP3", "mp3")
AAC = Container("AAC", "aac")
FLAC = Container("FLAC", "flac")
SILK = Container("SILK", "silk")

KINDS = (WAV, OGG, WEBM, AMR, MP4, MP3, AAC, FLAC)
"""What FFmpeg reads for us."""


def container_of(data: bytes) -> Container:
    """The kind of a file.

    Raises:
        NotHeard: If it is none that we know.
    """
    beginning = data[:12]
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WAVE":
        return WAV
    if beginning[4:8] == b"ftyp":
        return MP4
    if beginning.lstrip(b"\x02").startswith(_SILK):
        # WeChat puts a byte in front.
        return SILK
    for sign, kind in _SIGNS:
        if beginning.startswith(sign):
            return kind
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        # A frame begins: the two bits of the layer are zero in AAC alone.
        return AAC if data[1] & 0x06 == 0 else MP3
    known = ", ".join(kind.name for kind in KINDS)
    raise NotHeard(
        Trouble.UNREADABLE,
        f"The recording, of {len(data)} bytes, is no audio that is known here. "
        f"Expected {known}.",
    )


_SIGNS = (
    (b"OggS", OGG),
    (b"\x1aE\xdf\xa3", WEBM),
    (b"#!AMR", AMR),
    (b"ID3", MP3),
    (b"fLaC", FLAC),
)
