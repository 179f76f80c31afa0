"""The family of errors that this package raises on purpose.

PersonalChatError
├── SettingsError     a configuration value is unknown, of a wrong type or impossible
├── CorpusError       a corpus is missing, empty or cannot be read at all
├── ArtefactError     a trained generator on disk is incomplete or damaged
├── MemoryStoreError  the memory database cannot be opened, read or written
└── DocumentError     a file of questions and answers cannot be used

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


class MemoryStoreError(PersonalChatError):
    """The memory database cannot be opened, read or written."""


class DocumentError(PersonalChatError):
    """A file of questions and answers cannot be used."""
