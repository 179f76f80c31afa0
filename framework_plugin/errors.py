"""The family of errors that this package raises on purpose.

PersonalChatError
├── SettingsError     a configuration value is unknown, of a wrong type or impossible
├── CorpusError       a corpus is missing, empty or cannot be read at all
├── ArtefactError     a trained generator on disk is incomplete or damaged
├── TrainingError     a training cannot go on: it diverged, or the disk is full
├── ReportError       a report of figures cannot be made, written or read
├── MemoryStoreError  the memory database cannot be opened, read or written
├── DocumentError     documents cannot be read, stored or found
├── HandoverError     a conversation cannot be taken over, answered or given back
└── VoiceError        speech cannot be read, understood or made

Every message says what is wrong, what was expected and what to do.
"""

from __future__ import annotations


class PersonalChatError(Exception):
    """Base of every error that this package raises on purpose."""


class SettingsError(PersonalChatError):
    """A configuration value is unknown, of a wrong type or impossible."""


class CorpusError(PersonalChatError):
    """A corpus is missing, empty or cannot be read at all."""


class ArtefactError(PersonalChatError):
    """A trained generator on disk is incomplete or damaged."""


class TrainingError(PersonalChatError):
    """A training cannot go on: a loss diverged, a disk is full, a worker is lost."""


class ReportError(PersonalChatError):
    """A report of figures cannot be made, written or read."""


class MemoryStoreError(PersonalChatError):
    """The memory database cannot be opened, read or written."""


class DocumentError(PersonalChatError):
    """A document cannot be read, stored or found, or what is said of it is wrong."""


class HandoverError(PersonalChatError):
    """A conversation cannot be taken over by a person, answered or given back."""


class VoiceError(PersonalChatError):
    """Speech cannot be read, understood or made."""
