"""A tiny Whisper in CTranslate2's format, whose weights are set by hand: it says hi."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

_SIZE = 16
"""Of the network: enough for those tokens that it says."""
_SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>"]
_SPECIAL += ["<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
_SPECIAL += ["<|notimestamps|>"]
_TIMES = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
_NEXT = {
    "<|startoftranscript|>": "<|0.00|>",
    "<|0.00|>": "h",
    "h": "i",
    "i": "<|1.00|>",
    "<|1.00|>": "<|endoftext|>",
}
"""By token: the one that is said after it."""


def whisper(folder: Path) -> None:
    """Writes the model."""
    from ctranslate2.specs import WhisperSpec
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    # Every byte is a token, so that any text can be split.
    text = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*text, *_SPECIAL, *_TIMES]
    spec = WhisperSpec(1, 1, 1, 1)
    _fill(spec, _SIZE)
    embeddings = np.zeros((len(tokens), _SIZE), np.float32)
    after = np.zeros((len(tokens), _SIZE), np.float32)
    for place, (token, following) in enumerate(_NEXT.items()):
        embeddings[tokens.index(token), place] = 1.0
        after[tokens.index(following), place] = 9.0
    spec.decoder.embeddings.weight = embeddings
    spec.decoder.projection.weight = after
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokens.index("<|en|>")]
    spec.config.alignment_heads = [(0, 0)]
    spec.register_vocabulary(tokens)
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))

    numbers = {token: number for number, token in enumerate(text)}
    tokenizer = Tokenizer(models.BPE(numbers, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    added: list[Any] = [AddedToken(one, special=True) for one in _SPECIAL + _TIMES]
    tokenizer.add_tokens(added)
    tokenizer.save(str(folder / "tokenizer.json"))
    features = {"feature_size": 80, "sampling_rate": 16_000, "n_fft": 400}
    features |= {"hop_length": 160, "chunk_length": 30}
    (folder / "preprocessor_config.json").write_text(json.dumps(features))


def _fill(spec: Any, size: int) -> None:
    """Weights that let the last token through, and nothing else."""
    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight = np.zeros((size, 80, 3), np.float32)
    encoder.conv2.weight = np.zeros((size, size, 3), np.float32)
    for convolution in (encoder.conv1, encoder.conv2):
        convolution.bias = np.zeros(size, np.float32)
    encoder.position_encodings.encodings = np.zeros((1_500, size), np.float32)
    decoder.position_encodings.encodings = np.zeros((448, size), np.float32)
    for part in (encoder, decoder):
        _fill_norm(part.layer_norm, size)
        for layer in part.layer:
            _fill_attention(layer.self_attention, (3, 1), size)
            if part is decoder:
                _fill_attention(layer.attention, (1, 2, 1), size)
            _fill_norm(layer.ffn.layer_norm, size)
            for linear in (layer.ffn.linear_0, layer.ffn.linear_1):
                _fill_linear(linear, 1, size)


def _fill_attention(attention: Any, rows: tuple[int, ...], size: int) -> None:
    _fill_norm(attention.layer_norm, size)
    for linear, count in zip(attention.linear, rows, strict=True):
        _fill_linear(linear, count, size)


def _fill_linear(linear: Any, count: int, size: int) -> None:
    linear.weight = np.zeros((count * size, size), np.float32)
    linear.bias = np.zeros(count * size, np.float32)


def _fill_norm(norm: Any, size: int) -> None:
    norm.gamma = np.ones(size, np.float32)
    norm.beta = np.zeros(size, np.float32)
