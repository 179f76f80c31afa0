"""Readers of the documents of a company, one kind of file each."""

from framework_plugin.retrieval.readers.opening import (
    KINDS,
    document_files,
    read_document,
)
from framework_plugin.retrieval.readers.piece import Piece, Reading

__all__ = ["KINDS", "Piece", "Reading", "document_files", "read_document"]
