"""Gradual magnitude pruning: the smallest weights become zero while training goes on.

Zhu & Gupta 2017, "To prune, or not to prune", §3. Schedule and masks are those of
tensorflow-model-optimization. Its `prune_low_magnitude` cannot be used: it wraps the
layers of sequential and functional Keras models, and this network is neither. What lies
beneath it, `Pruning`, takes any variables; of the package's inner parts it is the only
one used here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_impl import (
    Pruning,
)
from tensorflow_model_optimization.sparsity.keras import (
    ConstantSparsity,
    PolynomialDecay,
)

from framework_plugin.generation.compression.fitting import (
    fit,
    in_batches,
    stored,
    write_generator,
)
from framework_plugin.generation.compression.original import Material, Original
from framework_plugin.generation.compression.place import Place
from framework_plugin.generation.network.losses import Losses
from framework_plugin.generation.training.learner import Random
from framework_plugin.generation.training.results import Outcome, Progress
from framework_plugin.settings import require_range

if TYPE_CHECKING:
    from framework_plugin.generation.network.seq2seq import Seq2Seq

NAME = "pruned"
_UPDATES = 20
"""How often masks are made anew on the way up; more hardly matters (§3)."""
_CUBIC = 3


@dataclass(frozen=True)
class PruningSettings:
    """How a network is pruned.

    Args:
        sparsity: Share of each matrix that becomes zero.
        climb_epochs: Passes over the corpus in which the share rises.
        recovery_epochs: Most passes after that, with the masks as they are.
        pruning_rate: The step size, as a share of the one in training: too small, and
            the network does not recover; too large, and it forgets (§3).
    """

    sparsity: float = 0.8
    climb_epochs: int = 2
    recovery_epochs: int = 3
    pruning_rate: float = 0.3

    def __post_init__(self) -> None:
        require_range("sparsity", self.sparsity, 0.01, 0.99)
        require_range("climb_epochs", self.climb_epochs, 1)
        require_range("recovery_epochs", self.recovery_epochs, 1)
        require_range("pruning_rate", self.pruning_rate, 1e-3, 1.0)


def pruning_place(
    output: Path, original: Original, material: Material, settings: PruningSettings
) -> Place:
    """Where the pruned generator goes."""
    made_from = {"original": original.identity, "material": material.key}
    return Place(output, NAME, {"method": "prune", **made_from, **asdict(settings)})


def prune(
    original: Original,
    material: Material,
    settings: PruningSettings,
    place: Place,
    progress: Progress,
) -> None:
    """Prunes a generator and writes the outcome.

    The share of zeros rises along a cubic (§3, eq. 1), fast while there is much to
    spare; then the weights that are left learn to do without the others. Called again
    after Ctrl-C it goes on where it was.

    Args:
        original: The generator.
        material: To train on; the best epoch is one with all zeros in place.
        settings: How.
        place: See `pruning_place`.
        progress: See `results.Progress`.

    Raises:
        KeyboardInterrupt: If Ctrl-C ended it; nothing was written but checkpoints.
        TrainingError: If the training diverged, or the disk is full.
    """
    rate = material.training.learning_rate * settings.pruning_rate
    material = replace(
        material, training=replace(material.training, learning_rate=rate)
    )
    network = original.network(material.training)
    pruned = PrunedNetwork(network)
    progress.stage(f"pruning to {settings.sparsity:.0%}")
    _climb(pruned, original, material, settings, place.work, progress)
    progress.stage("recovering from it")
    outcome = _recover(pruned, original, material, settings, place.work, progress)
    pruned.settle()
    figures = {"sparsity": sparsities(network)}
    write_generator(network, original, material, place, outcome, progress, figures)


class PrunedNetwork:
    """A network with masks on its matrices; trained in its place.

    As in tensorflow-model-optimization, masked weights are made zero before each pass:
    what an optimiser's step moved them to is never seen. Biases and other vectors,
    which are few, are left alone.

    Args:
        network: Its weights are changed.
    """

    def __init__(self, network: Seq2Seq) -> None:
        self._network = network
        self.random: Random = network.random
        # Each with its mask, and the threshold that only the package looks at.
        self._masked = [
            (
                variable,
                tf.Variable(tf.ones(variable.shape), trainable=False),
                tf.Variable(0.0, trainable=False),
            )
            for variable in matrices(network)
        ]
        self._rising = False
        self._pruning = self._following(ConstantSparsity(0.0, 0))

    @property
    def variables(self) -> Sequence[tf.Variable]:
        """The network's, and the masks: a checkpoint holds both."""
        return [*self._network.variables, *(mask for _, mask, _ in self._masked)]

    @property
    def trainable_variables(self) -> Sequence[tf.Variable]:
        """The network's."""
        return list(self._network.trainable_variables)

    def climb(self, sparsity: float, steps: int) -> None:
        """From now on the share of zeros rises, from 0 at step 0.

        Args:
            sparsity: What it reaches.
            steps: At the last of so many at the latest.
        """
        last = max(1, steps - 1)
        every = -(-last // _UPDATES)
        end = last // every * every
        schedule = PolynomialDecay(0.0, sparsity, 0, end, _CUBIC, every)
        self._pruning, self._rising = self._following(schedule), True

    def hold(self, sparsity: float) -> None:
        """Masks the smallest weights now; these masks stay from now on."""
        schedule = ConstantSparsity(sparsity, 0, frequency=1)
        self._pruning, self._rising = self._following(schedule), False
        self._pruning.conditional_mask_update()
        self.settle()

    def settle(self) -> None:
        """Makes the masked weights zero once more, for good."""
        self._pruning.weight_mask_op()

    def losses(self, inputs: dict[str, tf.Tensor], training: bool) -> Losses:
        """Those of the network without its masked weights."""
        if training and self._rising:
            self._pruning.conditional_mask_update()
        self._pruning.weight_mask_op()
        return self._network.losses(inputs, training=training)

    def _following(self, schedule: Any) -> Any:
        return Pruning(
            training_step_fn=lambda: self.random.step,
            pruning_vars=self._masked,
            pruning_schedule=schedule,
            block_size=(1, 1),
            block_pooling_type="AVG",
        )


def matrices(network: Seq2Seq) -> list[tf.Variable]:
    """What is pruned: embeddings, kernels, and all else of two axes or more."""
    return [v for v in network.trainable_variables if v.shape.rank > 1]


def sparsities(network: Seq2Seq) -> Mapping[str, float]:
    """The share of zeros in each matrix, by the names of the parts that it is in."""
    parts = [m for m in network.submodules if isinstance(m, tf.keras.layers.Layer)]
    parts.sort(key=lambda part: -len(part.weights))
    found: dict[str, float] = {}
    for matrix in matrices(network):
        holders = [p.name for p in parts if any(w is matrix for w in p.weights)]
        name = "/".join([*holders, matrix.name.removesuffix(":0")])
        # Two parts may share their names.
        twins = sum(other.split(" ")[0] == name for other in found)
        share = float(tf.math.zero_fraction(matrix).numpy())
        found[f"{name} {twins + 1}" if twins else name] = share
    return found


def _climb(
    pruned: PrunedNetwork,
    original: Original,
    material: Material,
    settings: PruningSettings,
    work: Path,
    progress: Progress,
) -> None:
    # Of its epochs a trainer keeps the best, which would be one with few zeros. So all
    # passes are one epoch to it, at whose end all zeros are in place.
    epochs = islice(count(1), settings.climb_epochs)
    data = stored(work / "climb", map(material.learned.epoch, epochs), original)
    training = replace(material.training, epochs=1, patience=1, schedule="constant")
    pruned.climb(settings.sparsity, -(-len(data) // training.batch_size))
    tried = in_batches(map(original.encode, material.tried), training)
    fit(pruned, training, work / "climbing", lambda _: data, tried, progress)


def _recover(
    pruned: PrunedNetwork,
    original: Original,
    material: Material,
    settings: PruningSettings,
    work: Path,
    progress: Progress,
) -> Outcome:
    pruned.hold(settings.sparsity)
    training = replace(material.training, epochs=settings.recovery_epochs, warmup=0.0)

    def data_of(epoch: int) -> Any:
        number = settings.climb_epochs + epoch
        return stored(work / "recovery", [material.learned.epoch(number)], original)

    tried = in_batches(map(original.encode, material.tried), training)
    return fit(pruned, training, work / "recovering", data_of, tried, progress)
