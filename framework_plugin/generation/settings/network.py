"""What the network is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from framework_plugin.errors import SettingsError
from framework_plugin.settings import require_range


@dataclass(frozen=True)
class NetworkSettings:
    """What shapes the network; a change means training again.

    Args:
        min_word_count: Rarer words are spelled in characters. With 1 all words are
            kept whole, and none teaches how to spell those that are in no vocabulary.
        max_vocabulary: Most tokens kept, the four specials included.
        source_units: Whether the encoder reads `words` or `characters`. Characters
            leave no word unknown; words make shorter sequences.
        target_units: Whether the decoder writes `words` or `characters`.
        context_turns: Turns that the encoder reads, the user's message included.
        max_turn_tokens: Tokens of each turn that it reads.
        encoder: `recurrent` reads in both directions, `convolutional` through gated
            windows (Gehring et al. 2017, "Convolutional Sequence to Sequence
            Learning", §3), `transformer` by self-attention (Vaswani et al. 2017,
            §3).
        decoder: `recurrent` carries a state of fixed size, the fastest to serve;
            `transformer` attends to all that it wrote.
        cell: Of the recurrent parts: `lstm` (Hochreiter & Schmidhuber 1997), `gru`
            (Cho et al. 2014), a quarter smaller, or `rnn` (Elman 1990), which forgets
            soon and is there to compare with.
        encoder_layers: Layers of the encoder.
        decoder_layers: Layers of the decoder.
        embedding_size: Numbers per token.
        embedding_deviation: Standard deviation of the numbers that tokens begin with.
            Large ones are learned slowly and generalise better when trained long;
            small ones, such as 0.3, suit a small corpus and few epochs. A transformer
            decoder with `tied_embeddings` wants 1 / √`embedding_size`, such as 0.06:
            its states begin large, where a recurrent decoder's begin small, and larger
            embeddings make its first scores wild.
        encoder_units: Units per direction of the recurrent encoder; half the width
            of the others.
        decoder_units: Units of the decoder; the width of the transformer.
        attention: `luong` compares by a bilinear form (Luong et al. 2015, §3.1,
            "general"), `bahdanau` by a small network (Bahdanau et al. 2015, §3.1);
            `none` leaves the decoder with the encoder's last state.
        input_feeding: The decoder is told what it attended to at its last step (Luong
            et al. 2015, §3.3). Trains slower, since its steps then cannot be taken
            together.
        tied_embeddings: Tokens are scored against their own embeddings (Press & Wolf
            2017), which saves a matrix.
        character_embeddings: A word is embedded as its own vector plus the mean of
            its characters', so that rare words share what their characters mean.
        turn_embeddings: How long ago a token was said is added to it.
        speaker_embeddings: Who said a token is added to it.
        context: `flat` reads the turns as one text; `hierarchical` also runs a
            recurrent layer over the turns' summaries (Serban et al. 2016, HRED).
        memory: Facts known of the user, and turns of earlier sessions, are read by
            an encoder of their own, with an attention of its own and a learned gate
            (Zhang et al. 2018, "Personalizing Dialogue Agents", §4.1, Generative
            Profile Memory Network).
        max_memory_tokens: Tokens of facts and earlier turns that are read.
        copy: Words may be copied from what was read, even such as are in no
            vocabulary (See et al. 2017, "Get To The Point", §2.2).
        heads: Attention heads of the transformer.
        feed_forward_units: Inner width of the transformer's layers.
        kernel_width: Tokens that a window of the convolutional encoder sees.
        embeddings_file: Word vectors to start from (Word2Vec, GloVe or fastText);
            null starts at random.
        freeze_embeddings: Word vectors from the file are not trained further.
    """

    min_word_count: int = 1
    max_vocabulary: int = 20_000
    source_units: Literal["words", "characters"] = "characters"
    target_units: Literal["words", "characters"] = "words"
    context_turns: int = 5
    max_turn_tokens: int = 40
    encoder: Literal["recurrent", "convolutional", "transformer"] = "recurrent"
    decoder: Literal["recurrent", "transformer"] = "recurrent"
    cell: Literal["rnn", "gru", "lstm"] = "lstm"
    encoder_layers: int = 2
    decoder_layers: int = 2
    embedding_size: int = 256
    embedding_deviation: float = 1.0
    encoder_units: int = 256
    decoder_units: int = 512
    attention: Literal["bahdanau", "luong", "none"] = "luong"
    input_feeding: bool = False
    tied_embeddings: bool = True
    character_embeddings: bool = False
    turn_embeddings: bool = False
    speaker_embeddings: bool = False
    context: Literal["flat", "hierarchical"] = "flat"
    memory: bool = False
    max_memory_tokens: int = 60
    copy: bool = False
    heads: int = 4
    feed_forward_units: int = 1024
    kernel_width: int = 3
    embeddings_file: str | None = None
    freeze_embeddings: bool = False

    def __post_init__(self) -> None:
        for name in (
            "min_word_count",
            "context_turns",
            "max_turn_tokens",
            "encoder_layers",
            "decoder_layers",
            "embedding_size",
            "encoder_units",
            "decoder_units",
            "max_memory_tokens",
            "heads",
            "feed_forward_units",
            "kernel_width",
        ):
            require_range(name, getattr(self, name), 1)
        require_range("max_vocabulary", self.max_vocabulary, 100)
        require_range("embedding_deviation", self.embedding_deviation, 1e-3, 10.0)
        self._check_together()

    def _check_together(self) -> None:
        """Refuses settings that cannot work together.

        Raises:
            SettingsError: If there are such.
        """
        transformer = "transformer" in (self.encoder, self.decoder)
        if transformer and self.decoder_units % self.heads:
            raise SettingsError(
                f"'decoder_units' ({self.decoder_units}) must be a multiple of 'heads' "
                f"({self.heads}), since the heads share it. Change one of them."
            )
        if self.decoder == "transformer" and self.attention == "none":
            raise SettingsError(
                "A 'transformer' decoder cannot do without attention. Set 'attention' "
                "to 'luong', or 'decoder' to 'recurrent'."
            )
        if self.decoder == "transformer" and self.input_feeding:
            raise SettingsError(
                "'input_feeding' is for a 'recurrent' decoder; a 'transformer' sees "
                "its earlier steps anyway. Leave it out."
            )
        if self.attention == "none" and (
            self.copy or self.memory or self.input_feeding
        ):
            raise SettingsError(
                "'copy', 'memory' and 'input_feeding' need attention. Set 'attention' "
                "to 'luong' or 'bahdanau', or leave them out."
            )
        if self.copy and self.source_units != self.target_units:
            raise SettingsError(
                f"With 'copy' what is read ('source_units': '{self.source_units}') and "
                f"what is written ('target_units': '{self.target_units}') must be of "
                "the same units, or nothing can be found there to copy. Set both to "
                "'characters' or both to 'words'."
            )
        if self.freeze_embeddings and self.embeddings_file is None:
            raise SettingsError(
                "'freeze_embeddings' would freeze random vectors. Name an "
                "'embeddings_file', or leave it out."
            )
