"""Personal words: taken out of what is read, put back into what is said.

The generator never sees a user's name or town. It reads and writes `{name}`,
`{city}` and the like, and the user's own words are filled in afterwards, so that a
name it never met in training comes out letter for letter. (Delexicalisation: Wen et
al. 2015, "Semantically Conditioned LSTM-based Natural Language Generation", §2.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from framework_plugin.corpus.dialogue import Dialogue
from framework_plugin.corpus.user_context import SAYABLE_KINDS, FactKind, UserContext

PersonalWords = Mapping[FactKind, str]
"""The value that each placeholder stands for in one conversation."""

PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_MIN_REPLACED_LENGTH = 2


def placeholder(kind: FactKind) -> str:
    """The placeholder of a kind of fact, such as `{name}`."""
    return f"{{{kind.value}}}"


def placeholders_in(text: str) -> frozenset[FactKind]:
    """The kinds whose placeholders stand in a text.

    Raises:
        ValueError: If the text names a placeholder that no generator can say.
    """
    return frozenset(sayable_kind(name) for name in PLACEHOLDER.findall(text))


def sayable_kind(name: str) -> FactKind:
    """The kind of fact that written dialogues call by a name, such as `city`.

    Raises:
        ValueError: If there is none, or none with a placeholder.
    """
    kind = FactKind(name)
    if kind not in SAYABLE_KINDS:
        raise ValueError(f"'{name}' has no placeholder")
    return kind


def personal_words(dialogue: Dialogue, user: UserContext) -> dict[FactKind, str]:
    """Chooses one value for each kind of fact that is known of the user.

    Of several likes or dislikes the one mentioned last in this session is meant,
    otherwise the one told last. `{name}` is what the user wants to be called, where
    that is known and the name itself was not just said.
    """
    said = "\n".join(turn.text for turn in dialogue.turns)
    chosen: dict[FactKind, str] = {}
    for kind in SAYABLE_KINDS:
        values = user.values(kind)
        if kind is FactKind.NAME:
            values += user.values(FactKind.NICKNAME)
        if values:
            ranked = sorted(enumerate(values), key=lambda v: (said.rfind(v[1]), v[0]))
            chosen[kind] = ranked[-1][1]
    return chosen


def delexicalise(text: str, words: PersonalWords) -> str:
    """Replaces the user's own words in a text by their placeholders.

    Values of a single character are left alone: `茶` would be found inside `茶几`.
    """
    by_length = sorted(words.items(), key=lambda item: -len(item[1]))
    text = text.replace("{", "（").replace("}", "）")
    for kind, value in by_length:
        if len(value) >= _MIN_REPLACED_LENGTH:
            text = re.sub(re.escape(value), placeholder(kind), text, flags=re.I)
    return text


def fill_in(text: str, words: PersonalWords) -> str:
    """Replaces each placeholder by the user's own words.

    Raises:
        KeyError: If a placeholder's fact is not known; the search never lets the
            generator say such a one.
    """
    return PLACEHOLDER.sub(lambda found: words[FactKind(found[1])], text)
