"""How a reply is searched for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from framework_plugin.errors import SettingsError
from framework_plugin.settings import require_range


@dataclass(frozen=True)
class DecodingSettings:
    """How a reply is searched for; may change without training again.

    Args:
        strategy: `greedy` takes the likeliest token; `beam` follows the likeliest
            `beam_width` replies; `top_k` and `top_p` draw at random.
        beam_width: Replies followed at once, and the most that are found. A wider
            beam takes longer and leaves `mmi` more to choose from.
        length_penalty: Exponent α of the length normalisation; 0 favours short
            replies (Wu et al. 2016, "Google's Neural Machine Translation System",
            §7, eq. 14).
        coverage_penalty: Weight β of what a finished reply loses for parts of the
            source that it attended to too little (the same eq. 14, where 0.2 is
            used); 0 leaves it out. Only for `beam`, and a network with attention.
        diversity: Rate γ that lowers a token's rank for each likelier one after the
            same beginning, so that the beam holds replies with different beginnings
            (Li, Monroe & Jurafsky 2016, "A Simple, Fast Diverse Decoding Algorithm",
            §3, eq. 5); 0 leaves it out. Only for `beam`.
        top_k: Tokens that `top_k` draws from (Fan et al. 2018, §5.4).
        top_p: Probability mass that `top_p` draws from, before `temperature`
            (Holtzman et al. 2020, §3.1).
        temperature: Of `top_k` and `top_p`; below 1 draws more safely, above 1 more
            boldly.
        samples: Replies that `top_k` and `top_p` draw; the best of them comes first.
        sampling_seed: What `top_k` and `top_p` draw from.
        no_repeat_ngram: No run of this many tokens occurs twice in a reply (Paulus
            et al. 2018, §2.5, where 3 is used); 0 allows it.
        min_reply_tokens: The reply does not end before it has this many tokens.
        max_reply_tokens: The reply is cut at this many tokens.
        block_list: Path of a text file with words and phrases never to be said, one
            a line, lines with `#` left out; null blocks none.
        mmi: Chooses against replies that suit everything, among those that `beam` or
            `samples` found (Li et al. 2016, "A Diversity-Promoting Objective
            Function", §4.2-4.5). `anti_lm` takes off what a language model alone
            finds likely; `bidirectional` asks how well the message could be guessed
            from the reply; `none` leaves it out. The first needs `blank_source` and the
            second `backward_network` in training. Of the replies that the search
            found only the one that this puts first is then judged beside the
            recalled ones.
        mmi_weight: Their λ, the weight of the second model; 0 ignores it.
        mmi_tokens: Their γ: `anti_lm` counts this many first tokens, since those
            decide what the rest is about.
        shortlist: Words that the search may say in one reply, chosen by what was
            read (L'Hostis et al. 2016, "Vocabulary Selection Strategies for NMT");
            500 search a vocabulary of 20,000 twice as fast, and as well where it was
            measured. 0 takes them all.
        recalled_candidates: How many replies to like messages are judged beside those
            that the search finds; 0 for the search alone.
        time_budget_ms: After this many milliseconds the best reply so far is given.
        precision: `fp32` serves the weights as trained, `int8` rounded (a third of
            the time of a large model), `auto` rounded if that changes next to nothing.
        min_confidence: Calibrated probability from which a reply counts as sure;
            null takes the one that training found for `wanted_precision`.
        wanted_precision: Share of sure replies that should be right.

    Raises:
        SettingsError: If a value is impossible, or two cannot work together.
    """

    strategy: Literal["greedy", "beam", "top_k", "top_p"] = "beam"
    beam_width: int = 5
    length_penalty: float = 0.6
    coverage_penalty: float = 0.0
    diversity: float = 0.0
    top_k: int = 20
    top_p: float = 0.9
    temperature: float = 0.8
    samples: int = 1
    sampling_seed: int = 7
    no_repeat_ngram: int = 0
    min_reply_tokens: int = 1
    max_reply_tokens: int = 40
    block_list: str | None = None
    mmi: Literal["none", "anti_lm", "bidirectional"] = "none"
    mmi_weight: float = 0.3
    mmi_tokens: int = 5
    shortlist: int = 0
    recalled_candidates: int = 8
    time_budget_ms: float = 400.0
    precision: Literal["auto", "fp32", "int8"] = "auto"
    min_confidence: float | None = None
    wanted_precision: float = 0.75

    @property
    def most_found(self) -> int:
        """The most replies that a search can find."""
        if self.strategy == "greedy":
            return 1
        return self.beam_width if self.strategy == "beam" else self.samples

    def __post_init__(self) -> None:
        for name in ("beam_width", "top_k", "samples", "max_reply_tokens"):
            require_range(name, getattr(self, name), 1)
        for name in (
            "no_repeat_ngram",
            "min_reply_tokens",
            "shortlist",
            "recalled_candidates",
        ):
            require_range(name, getattr(self, name), 0)
        require_range("sampling_seed", self.sampling_seed, 0)
        require_range("mmi_tokens", self.mmi_tokens, 1)
        require_range("mmi_weight", self.mmi_weight, 0.0, 1.0)
        require_range("length_penalty", self.length_penalty, 0.0, 2.0)
        require_range("coverage_penalty", self.coverage_penalty, 0.0, 5.0)
        require_range("diversity", self.diversity, 0.0, 20.0)
        require_range("top_p", self.top_p, 0.01, 1.0)
        require_range("temperature", self.temperature, 0.05, 5.0)
        require_range("time_budget_ms", self.time_budget_ms, 1.0)
        require_range("wanted_precision", self.wanted_precision, 0.0, 1.0)
        if self.min_confidence is not None:
            require_range("min_confidence", self.min_confidence, 0.0, 1.0)
        self._check_together()

    def _check_together(self) -> None:
        """Refuses settings that contradict each other or would do nothing."""
        if self.min_reply_tokens > self.max_reply_tokens:
            raise SettingsError(
                f"'min_reply_tokens' ({self.min_reply_tokens}) must be at most "
                f"'max_reply_tokens' ({self.max_reply_tokens}). Change one of them."
            )
        for name in ("coverage_penalty", "diversity"):
            if getattr(self, name) and self.strategy != "beam":
                raise SettingsError(
                    f"'{name}' does nothing with the strategy '{self.strategy}'. Set "
                    f"'strategy' to 'beam', or leave '{name}' out."
                )
        if self.samples > 1 and self.strategy not in ("top_k", "top_p"):
            raise SettingsError(
                f"'samples' does nothing with the strategy '{self.strategy}', which "
                "draws nothing. Set 'strategy' to 'top_k' or 'top_p', or leave "
                "'samples' out."
            )
        if self.mmi != "none" and self.most_found < 2:
            raise SettingsError(
                f"'mmi' chooses among several replies, but the strategy "
                f"'{self.strategy}' finds one. Set 'strategy' to 'beam' and "
                "'beam_width' to 2 or more, or draw more with 'samples', or set 'mmi' "
                "to 'none'."
            )
