"""How the network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from framework_plugin.errors import SettingsError
from framework_plugin.settings import require_range

_SHARES = (
    "forced_copy",
    "word_deletion",
    "word_swap",
    "synonym_replacement",
    "entity_substitution",
)


@dataclass(frozen=True)
class TrainingSettings:
    """How the network is trained; a change means training again.

    Args:
        epochs: Most passes over the corpus.
        patience: Passes without a better development loss before training stops.
        batch_size: Examples per step.
        learning_rate: AdamW's largest step size (Loshchilov & Hutter 2019).
        schedule: How the step size falls after the warm-up: along a `cosine`, in a
            `linear` way, or not at all (`constant`).
        warmup: Share of all steps in which the step size rises to its largest.
        weight_decay: Share of each weight matrix that is taken off, times the step
            size.
        clip_norm: Largest gradient norm, of the loss per reply; more is scaled down.
        dropout: Share of activations left out while training.
        recurrent_dropout: Share of a recurrent layer's state left out, the same
            units at all steps of a sequence (Gal & Ghahramani 2016, §4).
        word_dropout: Share of tokens that the encoder and the decoder read as
            unknown.
        blank_source: Share of examples of which nothing is read but that there is
            something unknown, so that the network is its own language model beside
            (as in Ho & Salimans 2022, "Classifier-Free Diffusion Guidance", §3.2);
            0.1 is usual there. `mmi: anti_lm` needs it.
        backward_network: Whether a second, smaller network learns to guess the
            message from the reply. `mmi: bidirectional` needs it.
        forced_copy: With `copy`, the share of words which stand in what was read that
            must be copied while training, so that copying is learned though the
            vocabulary could say them.
        label_smoothing: Probability mass spread over all tokens (Szegedy et al. 2016,
            "Rethinking the Inception Architecture", §7).
        average_decay: The weights served are a running average of those trained, this
            much of it kept at each step (Polyak & Juditsky 1992); 0 serves the
            trained ones.
        word_deletion: Share of the words that are read which are left out, of the
            training split only (Xie et al. 2017, "Data Noising as Smoothing in Neural
            Network Language Models").
        word_swap: Share of words read that change places with another one (Wei & Zou
            2019, "EDA", §2).
        synonym_replacement: Share of words read that are replaced by a synonym, if
            they have one (the same).
        synonyms: File of synonyms, a group a line.
        entity_substitution: Share of examples of public corpora in which names,
            places and the like that texts share are replaced by others, so that they
            are copied and not remembered.
        training_precision: `bf16` multiplies large matrices in half the digits, about
            twice as fast on processors that have instructions for it; `fp32` in all
            digits; `auto` asks the processor. Weights and sums are fp32 in each.
        checkpoint_every: Steps between checkpoints, beside the one at the end of each
            epoch; 0 for none.
        kept_checkpoints: How many of the last checkpoints are kept, the best not
            counted. From 2 on, one that is damaged costs only the steps since the one
            before.
        tensorboard: Folder for TensorBoard's logs; null writes none.
        workers: Processes that train together, each on its part of every batch; if
            more than 1, the variable TF_CONFIG names them as TensorFlow wants it.
        random_seed: What all random choices follow from.
        pretraining_text: A file or folder of raw text, one sentence a line, from which
            the decoder and the embeddings learn to write before the dialogues are
            learned; null for none.
        pretraining_epochs: Most passes over it.
        base_generator: Folder of a trained generator to go on from: its network and
            its vocabulary are taken over; null begins anew.
        finetuning_rate: Share of `learning_rate` used where all weights of a trained
            generator are trained further, so that it forgets less.
        adapter_rank: Above 0 the base generator is left as it is, and beside each of
            its matrices a pair of small ones of this rank is trained (Hu et al. 2022,
            "LoRA: Low-Rank Adaptation of Large Language Models", §4); 0 trains all
            weights.
        adapter_alpha: Their α: a pair's product counts `adapter_alpha / adapter_rank`
            times.
    """

    epochs: int = 20
    patience: int = 4
    batch_size: int = 64
    learning_rate: float = 0.0015
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip_norm: float = 8.0
    dropout: float = 0.35
    recurrent_dropout: float = 0.0
    word_dropout: float = 0.1
    blank_source: float = 0.0
    backward_network: bool = False
    forced_copy: float = 0.3
    label_smoothing: float = 0.1
    word_deletion: float = 0.0
    word_swap: float = 0.0
    synonym_replacement: float = 0.0
    synonyms: str | None = None
    entity_substitution: float = 0.0
    average_decay: float = 0.998
    training_precision: Literal["auto", "fp32", "bf16"] = "auto"
    checkpoint_every: int = 0
    kept_checkpoints: int = 2
    tensorboard: str | None = None
    workers: int = 1
    random_seed: int = 7
    pretraining_text: str | None = None
    pretraining_epochs: int = 5
    base_generator: str | None = None
    finetuning_rate: float = 0.2
    adapter_rank: int = 0
    adapter_alpha: float = 16.0

    def __post_init__(self) -> None:
        for name in _SHARES:
            require_range(name, getattr(self, name), 0.0, 1.0)
        if self.synonym_replacement and self.synonyms is None:
            raise SettingsError(
                "'synonym_replacement' needs a file of synonyms, a group a line. Name "
                "it in 'synonyms', such as nlu_data/synonyms.txt."
            )
        for name in ("epochs", "patience", "batch_size", "workers"):
            require_range(name, getattr(self, name), 1)
        require_range("pretraining_epochs", self.pretraining_epochs, 1)
        require_range("finetuning_rate", self.finetuning_rate, 1e-3, 1.0)
        require_range("adapter_rank", self.adapter_rank, 0)
        require_range("adapter_alpha", self.adapter_alpha, 1e-3)
        require_range("kept_checkpoints", self.kept_checkpoints, 1)
        require_range("checkpoint_every", self.checkpoint_every, 0)
        require_range("learning_rate", self.learning_rate, 1e-6, 1.0)
        require_range("clip_norm", self.clip_norm, 1e-3)
        require_range("warmup", self.warmup, 0.0, 0.9)
        require_range("weight_decay", self.weight_decay, 0.0, 1.0)
        require_range("average_decay", self.average_decay, 0.0, 0.99999)
        require_range("label_smoothing", self.label_smoothing, 0.0, 0.5)
        for name in ("dropout", "recurrent_dropout", "word_dropout", "blank_source"):
            require_range(name, getattr(self, name), 0.0, 0.9)
        if self.workers > self.batch_size:
            raise SettingsError(
                f"'workers' ({self.workers}) must not be above 'batch_size' "
                f"({self.batch_size}): each takes its part of a batch. Raise the batch "
                "size or start fewer workers."
            )
        if self.adapter_rank and self.base_generator is None:
            raise SettingsError(
                f"'adapter_rank' ({self.adapter_rank}) needs a 'base_generator' that "
                "the adapter stands beside. Name the folder of a trained generator, or "
                "set 'adapter_rank' to 0."
            )
        if self.pretraining_text and self.base_generator:
            raise SettingsError(
                "'pretraining_text' is for a network that begins anew; a "
                "'base_generator' has been trained already. Leave one of them out."
            )
