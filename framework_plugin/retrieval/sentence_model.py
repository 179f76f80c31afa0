"""A sentence encoder of others: an ONNX graph with the words that it knows.

A directory holds `model.onnx`, the vocabulary of BERT (`vocab.txt`), and, if the model
does not take the mean of its tokens, `1_Pooling/config.json` as sentence-transformers
writes it.

References:
    Devlin et al. 2019 (BERT, WordPiece); Reimers, Gurevych 2019 (Sentence-BERT).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.rows import Floats
from framework_plugin.retrieval.sentence_vectors import unit
from framework_plugin.text.normalise import normalise

_MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_LONGEST = 128
"""Tokens of a text, marks included; questions are short."""
_LONGEST_WORD = 100
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class SentenceModel:
    """Encodes texts with the model of a directory.

    Args:
        folder: See the module.
        threads: That one call may use.

    Raises:
        DocumentError: The directory does not hold such a model.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.folder = folder
        self._pieces = WordPieces.read(folder / "vocab.txt")
        self._first = _takes_first(folder / "1_Pooling" / "config.json")
        self._session = _session(folder / "model.onnx", threads)
        self._inputs = [given.name for given in self._session.get_inputs()]
        unknown = [name for name in self._inputs if name not in _INPUTS]
        if unknown:
            raise DocumentError(
                f"'{folder}': the model wants {', '.join(unknown)}. Expected inputs "
                f"among {', '.join(_INPUTS)}."
            )

    def __call__(self, texts: Sequence[str]) -> Floats:
        """See `SentenceEncoder`."""
        tokens = [self._pieces(text) for text in texts]
        longest = max(map(len, tokens), default=0)
        ids = np.full((len(texts), longest), self._pieces.padding, np.int64)
        mask = np.zeros_like(ids)
        for row, own in enumerate(tokens):
            ids[row, : len(own)] = own
            mask[row, : len(own)] = 1
        given = (ids, mask, np.zeros_like(ids))
        feed = {k: v for k, v in zip(_INPUTS, given, strict=True) if k in self._inputs}
        return unit(self._pooled(self._session.run(None, feed)[0], mask))

    def _pooled(self, output: Floats, mask: np.ndarray[Any, Any]) -> Floats:
        """One vector for each text: (texts, size)."""
        if output.ndim == 2:
            return output
        if self._first:
            return output[:, 0]
        kept = mask[:, :, None].astype(np.float32)
        found: Floats = (output * kept).sum(axis=1) / np.maximum(kept.sum(axis=1), 1)
        return found


class WordPieces:
    """The tokenizer of BERT: Chinese characters alone, other words in pieces.

    Args:
        ids: Of each token; the marks of BERT among them.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._ids = ids
        self.padding, self._unknown, self._begin, self._end = (ids[m] for m in _MARKS)

    @classmethod
    def read(cls, file: Path) -> WordPieces:
        """From a file with one token a line.

        Raises:
            DocumentError: The file cannot be read or lacks one of the marks.
        """
        try:
            lines = file.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DocumentError(
                f"The vocabulary '{file}' cannot be read ({error}). Expected the "
                "vocab.txt of a BERT model, one token a line."
            ) from error
        ids = {token.rstrip("\r"): place for place, token in enumerate(lines)}
        missing = [mark for mark in _MARKS if mark not in ids]
        if missing:
            raise DocumentError(
                f"The vocabulary '{file}' lacks {', '.join(missing)}. Expected the "
                "vocab.txt of a BERT model, one token a line."
            )
        return cls(ids)

    def __call__(self, text: str) -> list[int]:
        """The ids of a text's tokens, between the marks of begin and end."""
        found = [
            id_ for word in _words(normalise(text)) for id_ in self._pieces_of(word)
        ]
        return [self._begin, *found[: _LONGEST - 2], self._end]

    def _pieces_of(self, word: str) -> list[int]:
        """The longest pieces from left to right; unknown if one is missing."""
        found: list[int] = []
        begin = 0
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        while begin < len(word):
            for end in range(len(word), begin, -1):
                piece = ("##" if begin else "") + word[begin:end]
                if piece in self._ids:
                    found.append(self._ids[piece])
                    begin = end
                    break
            else:
                return [self._unknown]
        return found


def _words(text: str) -> Iterator[str]:
    """Runs of letters and digits; Chinese characters and signs by themselves."""
    word = ""
    for character in text:
        alone = "\u3400" <= character <= "\u9fff" or character >= "\U00020000"
        if not alone and unicodedata.category(character)[0] in "LNM":
            word += character
            continue
        if word:
            yield word
            word = ""
        if not character.isspace():
            yield character
    if word:
        yield word


def _takes_first(file: Path) -> bool:
    """Whether the vector of a text is that of its first token, not the mean of all."""
    if not file.exists():
        return False
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DocumentError(
            f"'{file}' cannot be read ({error}). Expected the JSON file that "
            "sentence-transformers writes; remove it to take the mean of all tokens."
        ) from error
    return bool(settings.get("pooling_mode_cls_token"))


def _session(file: Path, threads: int) -> Any:
    # Takes its time to be imported, and is needed only here.
    import onnxruntime

    if not file.exists():
        raise DocumentError(
            f"There is no sentence model at '{file}'. Expected a directory with "
            "model.onnx and vocab.txt; sentence-transformers exports such ones with "
            "backend='onnx'."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise DocumentError(
            f"The sentence model '{file}' cannot be opened ({error}). Expected an ONNX "
            "graph that gives one vector for each token or for each text."
        ) from error
