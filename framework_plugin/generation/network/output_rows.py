"""The output layer cut out of a step's graph, so that a shortlist can stand in for it.

Most of a step's time goes into the product with the output matrix. Where only some
words may be said, their rows are gathered once for a reply and the step multiplies by
those alone (Jean et al. 2015, "On Using Very Large Target Vocabulary for Neural Machine
Translation", §3.3). Working on the exported graph serves fp32 and int8 alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from framework_plugin.errors import ArtefactError

_PRODUCTS = ("MatMul", "MatMulInteger", "Gemm")
_OPSET = 15

Arrays = dict[str, npt.NDArray[Any]]


def cut_out_output(step: Path, short: Path, rows: Path, written: int) -> None:
    """Makes a step over a shortlist, and the graph that gathers its output rows.

    Args:
        step: The graph of a step over all words; its input `bias` is added to their
            scores.
        short: Where the same graph goes, with the output layer's arrays as inputs
            `output_0`, `output_1` and so on.
        rows: Where a graph goes that takes `ids` (words,) and gives those inputs.
        written: How many words may be said.

    Raises:
        ArtefactError: If the output layer is not found in the graph.
    """
    model = onnx.load(str(step))
    arrays = _output_arrays(model.graph, written)
    if not arrays:
        raise ArtefactError(
            f"No output layer over {written} words was found in '{step.name}'. This "
            "is an error of the export; please report it with the generator's settings."
        )
    # The zero points of weights are all zero, and need not be given.
    for node in model.graph.node:
        if node.op_type == "MatMulInteger" and node.input[1] in arrays:
            arrays.pop(node.input[3], None)
            del node.input[3:]
    names = {old: f"output_{index}" for index, old in enumerate(arrays)}
    onnx.save(_rows_graph({names[old]: a for old, a in arrays.items()}), str(rows))
    _promote(model.graph, names, arrays)
    onnx.save(model, str(short))


def _output_arrays(graph: onnx.GraphProto, written: int) -> Arrays:
    """The constants between the last features and the scores, by name."""
    made_by = {name: node for node in graph.node for name in node.output}
    constants = {tensor.name: tensor for tensor in graph.initializer}
    names = [name for n in graph.node if "bias" in n.input for name in n.input]
    found: Arrays = {}
    while names:
        name = names.pop()
        if name in constants:
            array = numpy_helper.to_array(constants[name])
            if array.shape[-1:] == (written,):
                found[name] = array
            continue
        node = made_by.get(name)
        if node is None or node.op_type == "DynamicQuantizeLinear":
            continue
        # Behind the product lie the features.
        names.extend(node.input[1:] if node.op_type in _PRODUCTS else node.input)
    return found


def _rows_graph(arrays: Arrays) -> onnx.ModelProto:
    nodes, constants, outputs = [], [], []
    for name, array in arrays.items():
        table = f"{name}_all"
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        # Rows lie together; columns would be gathered number by number.
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array.T), table))
        if array.ndim == 2:
            nodes.append(helper.make_node("Gather", [table, "ids"], [f"{name}_rows"]))
            nodes.append(helper.make_node("Transpose", [f"{name}_rows"], [name]))
        else:
            nodes.append(helper.make_node("Gather", [table, "ids"], [name]))
        shape = [*array.shape[:-1], "words"]
        outputs.append(helper.make_tensor_value_info(name, kind, shape))
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["words"])
    graph = helper.make_graph(nodes, "rows", [ids], outputs, constants)
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8)


def _promote(graph: onnx.GraphProto, names: dict[str, str], arrays: Arrays) -> None:
    """Turns constants into inputs of other names."""
    kept = [t for t in graph.initializer if t.name not in names]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
    for old, new in names.items():
        kind = helper.np_dtype_to_tensor_dtype(arrays[old].dtype)
        shape = [*arrays[old].shape[:-1], "words"]
        graph.input.append(helper.make_tensor_value_info(new, kind, shape))
    for value in graph.input:
        if value.name == "bias":
            value.type.tensor_type.shape.dim[0].dim_param = "words"
    # Shapes noted between the nodes are those of all words.
    del graph.value_info[:]
