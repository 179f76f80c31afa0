"""All that can be chosen about the generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from framework_plugin.settings import require_range


@dataclass(frozen=True)
class TrainingSettings:
    """What shapes the trained model; a change means training again.

    Args:
        min_word_count: Rarer words are spelled in characters.
        max_vocabulary: Most tokens kept, the four specials included.
        context_turns: Turns that the encoder reads, the user's message included.
        max_turn_tokens: Tokens of each turn that it reads.
        embedding_size: Numbers per token.
        encoder_units: LSTM units per direction.
        decoder_units: LSTM units of the decoder.
        dropout: Share of activations left out while training.
        label_smoothing: Probability mass spread over all tokens (Szegedy et al. 2016,
            "Rethinking the Inception Architecture", §7).
        batch_size: Examples per step.
        epochs: Most passes over the corpus.
        patience: Passes without a better development loss before training stops.
        learning_rate: Adam's step size in the first pass; falls by the same amount
            with each, to nearly nothing in the last.
        clip_norm: Largest gradient norm.
        random_seed: What all random choices follow from.
    """

    min_word_count: int = 4
    max_vocabulary: int = 20_000
    context_turns: int = 5
    max_turn_tokens: int = 40
    embedding_size: int = 128
    encoder_units: int = 128
    decoder_units: int = 192
    dropout: float = 0.2
    label_smoothing: float = 0.0
    batch_size: int = 24
    epochs: int = 7
    patience: int = 4
    learning_rate: float = 0.004
    clip_norm: float = 5.0
    random_seed: int = 7

    def __post_init__(self) -> None:
        for name in (
            "min_word_count",
            "context_turns",
            "max_turn_tokens",
            "embedding_size",
            "encoder_units",
            "decoder_units",
            "batch_size",
            "epochs",
            "patience",
        ):
            require_range(name, getattr(self, name), 1)
        require_range("max_vocabulary", self.max_vocabulary, 100)
        require_range("dropout", self.dropout, 0.0, 0.9)
        require_range("label_smoothing", self.label_smoothing, 0.0, 0.5)
        require_range("learning_rate", self.learning_rate, 1e-6, 1.0)
        require_range("clip_norm", self.clip_norm, 1e-3)


@dataclass(frozen=True)
class DecodingSettings:
    """How a reply is searched for; may change without training again.

    Args:
        strategy: `greedy` takes the likeliest token; `beam` follows the likeliest
            `beam_width` replies; `top_k` and `top_p` draw at random.
        beam_width: Replies followed at once.
        length_penalty: Exponent α of the beam's length normalisation; 0 favours
            short replies (Wu et al. 2016, "Google's NMT", §7).
        top_k: Tokens to draw from.
        top_p: Probability mass to draw from (Holtzman et al. 2020, §3.1).
        temperature: Below 1 draws more safely, above 1 more boldly.
        recalled_candidates: How many replies to like messages are judged beside those
            that the search finds; 0 for the search alone.
        max_reply_tokens: Longest reply.
        time_budget_ms: After this many milliseconds the best reply so far is given.
        precision: `fp32` serves the weights as trained, `int8` rounded (a third of
            the time of a large model), `auto` rounded if that changes next to nothing.
        min_confidence: Calibrated probability from which a reply counts as sure;
            null takes the one that training found for `wanted_precision`.
        wanted_precision: Share of sure replies that should be right.
        sampling_seed: What `top_k` and `top_p` draw from.
    """

    strategy: Literal["greedy", "beam", "top_k", "top_p"] = "beam"
    beam_width: int = 5
    length_penalty: float = 0.6
    top_k: int = 20
    top_p: float = 0.9
    temperature: float = 0.8
    recalled_candidates: int = 8
    max_reply_tokens: int = 40
    time_budget_ms: float = 400.0
    precision: Literal["auto", "fp32", "int8"] = "auto"
    min_confidence: float | None = None
    wanted_precision: float = 0.75
    sampling_seed: int = 7

    def __post_init__(self) -> None:
        for name in ("beam_width", "top_k", "max_reply_tokens"):
            require_range(name, getattr(self, name), 1)
        require_range("recalled_candidates", self.recalled_candidates, 0)
        require_range("length_penalty", self.length_penalty, 0.0, 2.0)
        require_range("top_p", self.top_p, 0.01, 1.0)
        require_range("temperature", self.temperature, 0.05, 5.0)
        require_range("time_budget_ms", self.time_budget_ms, 1.0)
        require_range("wanted_precision", self.wanted_precision, 0.0, 1.0)
        if self.min_confidence is not None:
            require_range("min_confidence", self.min_confidence, 0.0, 1.0)
