"""Sentences as vectors: of word vectors, and of a model that others have trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.sentence_model import SentenceModel
from framework_plugin.retrieval.sentence_vectors import Remembering, WordMeans
from tests.retrieval.making import write

TEXTS = ["运费 多少", "邮费 多少", "退货 流程", "退换 流程", "多少 流程"]
VECTORS = """\
6 3
运费 1 0.1 0.5
邮费 0.9 0.2 0.5
退货 0.1 1 0.5
退换 0.2 0.9 0.5
多少 0.1 0.1 0.6
流程 0.1 0.1 0.6
"""
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "运", "费", "退", "货", "vip", "##1"]


def near(encoder, one: str, other: str) -> float:
    first, second = encoder([one, other])
    return float(first @ second)


def test_words_that_mean_alike_make_sentences_that_do(tmp_path: Path) -> None:
    file = write(tmp_path / "vectors.txt", VECTORS)
    encoder = WordMeans.read(file, TEXTS)

    assert near(encoder, "运费多少", "邮费多少") > 0.9
    assert near(encoder, "运费多少", "退货多少") < 0
    assert np.linalg.norm(encoder(["运费"])[0]) == pytest.approx(1)


def test_what_all_sentences_have_in_common_is_taken_out(tmp_path: Path) -> None:
    encoder = WordMeans.read(write(tmp_path / "vectors.txt", VECTORS), TEXTS)

    assert encoder(TEXTS) @ encoder.common == pytest.approx(0, abs=1e-5)


def test_of_unknown_words_nothing_is_known(tmp_path: Path) -> None:
    encoder = WordMeans.read(write(tmp_path / "vectors.txt", VECTORS), TEXTS)

    assert not encoder(["你好", ""]).any()
    with pytest.raises(DocumentError, match="None of the words"):
        WordMeans.of(encoder.words, encoder.matrix, ["你好"])


def test_vectors_are_learned_from_what_stands_beside_words() -> None:
    goods = ["围巾", "手套", "雨伞", "台灯", "书包", "相机"]
    texts = [f"{thing} 运费 多少 钱" for thing in goods]
    texts += [f"{thing} 邮费 多少 钱" for thing in goods]
    texts += [f"{thing} 怎么 清洗 干净" for thing in goods]
    encoder = WordMeans.learned(texts, 6)

    assert near(encoder, "运费", "邮费") > near(encoder, "运费", "清洗") + 0.5
    again = WordMeans.learned(texts, 6)
    assert near(again, "运费", "邮费") == pytest.approx(
        near(encoder, "运费", "邮费"), abs=1e-3
    )


def test_too_few_texts_teach_no_vectors() -> None:
    with pytest.raises(DocumentError, match="Expected some thousand texts"):
        WordMeans.learned(["运费多少", "怎么退货"])


def test_a_text_met_before_is_not_encoded_again() -> None:
    asked: list[str] = []

    def encode(texts):
        asked.extend(texts)
        return np.array([[len(text)] for text in texts], np.float32)

    encoder = Remembering(encode, most=3)

    assert encoder(["a", "bb", "a"]).tolist() == [[1], [2], [1]]
    assert encoder(["bb", "ccc"]).tolist() == [[2], [3]]
    assert asked == ["a", "bb", "ccc"]
    assert encoder(["dddd", "a"]).tolist() == [[4], [1]]
    assert asked == ["a", "bb", "ccc", "dddd"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model whose tokens have the vectors of a table; runs of it are real."""
    table = np.eye(len(VOCABULARY), 6, k=-4, dtype=np.float32)
    # Marks have no vector, so that the means are those of the words.
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["states"])],
        "tiny",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "m"]),
            helper.make_tensor_value_info(
                "attention_mask", TensorProto.INT64, ["n", "m"]
            ),
        ],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["n", "m", 6])],
        [numpy_helper.from_array(table, "table")],
    )
    opset = helper.make_opsetid("", 13)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    onnx.save(model, tmp_path / "model.onnx")
    write(tmp_path / "vocab.txt", "\n".join(VOCABULARY))
    return tmp_path


def test_a_model_gives_the_mean_of_its_tokens(folder: Path) -> None:
    encoder = SentenceModel(folder)
    one, other, both, unknown = encoder(["运费", "退货", "運費退货 ", "茶"])

    assert one @ other == 0
    assert both @ one == pytest.approx(both @ other) == pytest.approx(0.7071, abs=1e-3)
    assert not unknown.any()
    # Alone as beside longer texts.
    assert encoder(["运费"])[0] == pytest.approx(one)


def test_words_are_cut_into_the_pieces_of_the_vocabulary(folder: Path) -> None:
    pieces = SentenceModel(folder)._pieces

    assert pieces("VIP1 运费") == [2, 8, 9, 4, 5, 3]
    assert pieces("vip2") == [2, 1, 3]
    assert len(pieces("运" * 500)) == 128


def test_a_model_may_take_its_first_token(folder: Path) -> None:
    setting = json.dumps({"pooling_mode_cls_token": True})
    write(folder / "1_Pooling" / "config.json", setting)

    # The mark of the begin has no vector in this model.
    assert not SentenceModel(folder)(["运费"]).any()


def test_what_is_no_model_is_named(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(DocumentError, match="cannot be opened"):
        SentenceModel(folder)
    (folder / "model.onnx").unlink()
    with pytest.raises(DocumentError, match=r"no sentence model at .*model\.onnx"):
        SentenceModel(folder)
    write(folder / "vocab.txt", "运\n费")
    with pytest.raises(DocumentError, match=r"lacks \[PAD\]"):
        SentenceModel(folder)
    (folder / "vocab.txt").unlink()
    with pytest.raises(DocumentError, match="cannot be read"):
        SentenceModel(folder)
