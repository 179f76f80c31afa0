"""Tiny models in the formats of the engines: they load and run, and know one sentence.

They are graphs made by hand, with the inputs, outputs and metadata that sherpa-onnx
asks of each kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT, LONG = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
TOKENS = ("<blk>", "你", "好", "<|zh|>", "<|en|>", "h", "i", "<|a|>", "<|b|>", "<|c|>")
"""A transducer knows the first three; a SenseVoice model all."""

Value = tuple[str, int, Sequence[int | str]]


def sense_voice(folder: Path) -> None:
    """Says 你好 if it is told that the language is Chinese, else hi."""
    said = {3: (3, 7, 8, 9, 1, 2, 0), 4: (4, 7, 8, 9, 5, 6, 0)}
    # language x frames x tokens
    logits = np.zeros((5, 7, len(TOKENS)), np.float32)
    for language, tokens in said.items():
        logits[language, range(7), tokens] = 9.0
    nodes = [
        helper.make_node("Gather", ["logits_of", "language"], ["said"], axis=0),
        # Four frames more than come in, as in the real ones; nothing in the rest.
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "second"], ["frames"]),
        helper.make_node("Sub", ["frames", "three"], ["rest"]),
        helper.make_node("Concat", ["before", "rest", "behind"], ["pads"], axis=0),
        helper.make_node("Pad", ["said", "pads"], ["logits"]),
    ]
    _save(
        folder / "model.int8.onnx",
        nodes,
        [
            ("x", FLOAT, ("N", "T", 560)),
            ("x_length", INT, ("N",)),
            ("language", INT, ("N",)),
            ("text_norm", INT, ("N",)),
        ],
        [("logits", FLOAT, ("N", "L", len(TOKENS)))],
        {
            "logits_of": logits,
            "second": np.array([1]),
            "three": np.array([3]),
            "before": np.array([0, 0, 0, 0]),
            "behind": np.array([0]),
        },
        {
            "model_type": "sense_voice_ctc",
            "vocab_size": len(TOKENS),
            "lfr_window_size": 7,
            "lfr_window_shift": 6,
            "normalize_samples": 0,
            "with_itn": 14,
            "without_itn": 15,
            "lang_auto": 4,
            "lang_zh": 3,
            "lang_en": 4,
            "lang_ja": 4,
            "lang_ko": 4,
            "lang_yue": 4,
            "neg_mean": ",".join(["0"] * 560),
            "inv_stddev": ",".join(["1"] * 560),
        },
    )
    _write_tokens(folder, TOKENS)


def transducer(folder: Path) -> None:
    """A streaming one with one LSTM layer; says 你好 once."""
    size, frames, chunk = 3, 9, 4
    state: list[Value] = [("h", FLOAT, (1, "N", size)), ("c", FLOAT, (1, "N", size))]
    _save(
        folder / "encoder-epoch-99-avg-1.int8.onnx",
        [
            # A frame of the output for each four of the input.
            helper.make_node("Slice", ["x", "from", "to", "axes"], ["cut"]),
            helper.make_node("ReduceMean", ["cut"], ["mean"], axes=[1], keepdims=1),
            helper.make_node("Slice", ["mean", "from", "size", "last"], ["out"]),
            helper.make_node("Identity", ["h"], ["next_h"]),
            helper.make_node("Identity", ["c"], ["next_c"]),
        ],
        [("x", FLOAT, ("N", frames, 80)), *state],
        [
            ("out", FLOAT, ("N", 1, size)),
            ("next_h", FLOAT, (1, "N", size)),
            ("next_c", FLOAT, (1, "N", size)),
        ],
        {
            "from": np.array([0]),
            "to": np.array([chunk]),
            "axes": np.array([1]),
            "size": np.array([size]),
            "last": np.array([2]),
        },
        {
            "model_type": "lstm",
            "T": frames,
            "decode_chunk_len": chunk,
            "num_encoder_layers": 1,
            "rnn_hidden_size": size,
            "d_model": size,
        },
    )
    # The last token tells the next: nothing, 你, 好, nothing.
    after = np.array([[0, 9, 0], [0, 0, 9], [9, 0, 0]], np.float32)
    _save(
        folder / "decoder-epoch-99-avg-1.onnx",
        [
            helper.make_node("Gather", ["y", "newest"], ["last"], axis=1),
            helper.make_node("Gather", ["after", "last"], ["row"], axis=0),
            helper.make_node("Squeeze", ["row", "axis"], ["out"]),
        ],
        [("y", LONG, ("N", 2))],
        [("out", FLOAT, ("N", size))],
        {"newest": np.array([1]), "after": after, "axis": np.array([1])},
        {"context_size": 2, "vocab_size": size},
    )
    _save(
        folder / "joiner-epoch-99-avg-1.int8.onnx",
        [
            helper.make_node("Mul", ["encoder_out", "none"], ["nothing"]),
            helper.make_node("Add", ["nothing", "decoder_out"], ["logit"]),
        ],
        [
            ("encoder_out", FLOAT, ("N", size)),
            ("decoder_out", FLOAT, ("N", size)),
        ],
        [("logit", FLOAT, ("N", size))],
        {"none": np.zeros(1, np.float32)},
        {"joiner_dim": size},
    )
    _write_tokens(folder, TOKENS[:3])


def vits(folder: Path) -> None:
    """Says a tone of a second, whatever the text."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    scalars: list[Value] = [
        (name, FLOAT, (1,)) for name in ("noise_scale", "length_scale", "noise_scale_w")
    ]
    _save(
        folder / "model.onnx",
        [helper.make_node("Identity", ["tone"], ["y"])],
        [("x", LONG, ("N", "L")), ("x_length", LONG, ("N",)), *scalars],
        [("y", FLOAT, (1, 1, 16_000))],
        {"tone": tone.astype(np.float32)[np.newaxis, np.newaxis]},
        {
            "model_type": "vits",
            "comment": "small",
            "language": "Chinese",
            "n_speakers": 0,
            "sample_rate": 16_000,
            "add_blank": 1,
            "punctuation": ", . : ; ! ? ， 。 ！ ？",
        },
    )
    _write_tokens(folder, ("_", "n", "i", "h", "ao", "，", "。"))
    (folder / "lexicon.txt").write_text("你 n i\n好 h ao\n", encoding="utf-8")


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    constants: dict[str, np.ndarray],
    metadata: dict[str, object],
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        [numpy_helper.from_array(one, name) for name, one in constants.items()],
    )
    opset = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=str(value))
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _write_tokens(folder: Path, tokens: Sequence[str]) -> None:
    lines = (f"{token} {number}\n" for number, token in enumerate(tokens))
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")
