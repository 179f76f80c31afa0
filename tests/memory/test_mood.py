"""The mood of a user, from a list of words."""

from pathlib import Path

import pytest

from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.reader import read_corpus
from framework_plugin.memory.mood import mood_of

DIALOGUES = Path(__file__).parents[2] / "nlu_data" / "dialogues" / "dev"


@pytest.mark.parametrize(
    ("texts", "mood"),
    [
        (["今天好开心"], 1.0),
        (["我很难过"], -1.0),
        (["我不难过了"], 1.0),
        (["有点累，不过很开心"], 0.5),
        (["我不太开心"], -1.0),
        (["开心", "难过"], 0.0),
        (["今天吃了面"], None),
        (["你开心吗？"], None),
        ([], None),
    ],
)
def test_words_of_feeling_are_weighed_with_negation_and_degree(texts, mood):
    assert mood_of(texts) == mood


def sentences(topic):
    scripts = read_corpus(DIALOGUES / f"{topic}.txt").scripts
    return [
        turn.alternatives[0]
        for script in scripts
        for turn in script.turns
        if turn.speaker is Speaker.USER
    ]


@pytest.mark.parametrize("topic", ["sad", "angry", "anxious", "lonely", "tired"])
def test_dialogues_of_people_who_feel_badly_sound_so(topic):
    mood = mood_of(sentences(f"mood_{topic}"))
    assert mood is not None
    assert mood < -0.2


def test_dialogues_of_happy_people_sound_happy():
    mood = mood_of(sentences("mood_happy"))
    assert mood is not None
    assert mood > 0.5
