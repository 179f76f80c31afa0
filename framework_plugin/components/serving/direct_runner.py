"""Runs a model's graph in an order that is worked out once.

Rasa builds a task graph anew for each message and each prediction, and has Dask put it
in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter
from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage

from framework_plugin.components.serving.quick_parts import quickened

Step = tuple[str, GraphNode, tuple[str, ...]]
"""The name of a node, the node, and what it needs."""


class DirectRunner(GraphRunner):
    """Does what Rasa's runner does, node after node.

    Args:
        runner: Rasa's, whose nodes it takes over.
    """

    def __init__(self, runner: DaskGraphRunner) -> None:
        self._schema = runner._graph_schema
        self._nodes = runner._instantiated_nodes
        for node in self._nodes.values():
            _quicken(node)
        self._steps: dict[tuple[str, ...], list[Step]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> DirectRunner:
        """See Rasa."""
        return cls(
            DaskGraphRunner(graph_schema, model_storage, execution_context, hooks)
        )

    def run(
        self,
        inputs: dict[str, Any] | None = None,
        targets: list[str] | None = None,
    ) -> dict[str, Any]:
        """The results of some nodes.

        Args:
            inputs: What nodes need that no node gives.
            targets: The nodes; those of the schema by default.

        Raises:
            GraphRunError: If something that a node needs is given by nobody.
        """
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._steps:
            self._steps[wanted] = self._in_order(wanted)
        results: dict[str, Any] = {}
        for name, value in (inputs or {}).items():
            if name in self._nodes:
                raise GraphRunError(
                    f"The input '{name}' has the name of a node of the model."
                )
            results[name] = (name, value)
        for name, node, needs in self._steps[wanted]:
            # Rasa's node tells of what it does not get.
            results[name] = node(*(results.get(need, need) for need in needs))
        return dict(results[target] for target in wanted)

    def _in_order(self, targets: Sequence[str]) -> list[Step]:
        """The nodes that some of them need, each behind those that it needs."""
        schema = self._schema.minimal_graph_schema(list(targets))
        needs = {
            name: tuple(node.needs.values()) for name, node in schema.nodes.items()
        }
        order = TopologicalSorter(needs).static_order()
        return [
            (name, self._nodes[name], needs[name]) for name in order if name in needs
        ]


def _quicken(node: GraphNode) -> None:
    """Has a node use a quicker part of the same results, if there is one."""
    if node._component is not None:
        node._component = quickened(node._component)
        node._fn = getattr(type(node._component), node._fn_name)
