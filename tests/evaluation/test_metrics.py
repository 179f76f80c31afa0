import math

import pytest
import sacrebleu

from framework_plugin.evaluation import metrics
from framework_plugin.evaluation.metrics import bleu, distinct

SAID = ["今天下雨，记得带伞出门。", "早点休息吧", "好的ok"]
REFERENCES = [
    ["下雨了，记得带伞。"],
    ["早点休息，明天再说吧。", "早点睡吧。"],
    ["好的，ok了"],
]


def test_the_reference_itself_scores_a_hundred() -> None:
    said = ["今天下雨，记得带伞出门。", "早点休息，明天再说吧。"]
    assert bleu(said, [[s] for s in said]) == pytest.approx(100.0)


def test_any_of_several_references_will_do() -> None:
    references = [
        ["早点休息，明天再说吧。", "今天下雨，记得带伞出门。"],
        ["好的呀好的呀"],
    ]
    assert bleu(
        ["今天下雨，记得带伞出门。", "好的呀好的呀"], references
    ) == pytest.approx(100)


def test_something_else_scores_next_to_nothing() -> None:
    assert bleu(["火车票买好了没有呢"], [["今天下雨，记得带伞出门。"]]) < 5


def test_no_replies_score_nothing() -> None:
    assert bleu([], []) == 0.0
    assert metrics.chrf([], []) == 0.0
    assert metrics.nltk_corpus_bleu_smoothing3([], []) == 0.0
    assert metrics.nltk_mean_sentence_bleu_smoothing7([], []) == 0.0


def test_an_empty_reply_is_a_reply_that_shares_nothing() -> None:
    assert bleu([""], [["早点休息。"]]) == 0.0
    assert metrics.nltk_mean_sentence_bleu_smoothing7([""], [["早点休息。"]]) == 0.0


@pytest.mark.parametrize("score", [bleu, metrics.chrf])
def test_each_reply_needs_its_references(score) -> None:
    with pytest.raises(ValueError, match="2 replies"):
        score(["一", "二"], [["一"]])
    with pytest.raises(ValueError, match="no reference"):
        score(["一", "二"], [["一"], []])


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("tokenizer", ["zh", "char", "13a"])
def test_bleu_is_what_sacrebleu_says(n, tokenizer) -> None:
    streams = [[refs[0] for refs in REFERENCES], [None, REFERENCES[1][1], None]]
    theirs = sacrebleu.BLEU(tokenize=tokenizer, max_ngram_order=n)
    expected = theirs.corpus_score(SAID, streams).score
    assert bleu(SAID, REFERENCES, n, tokenizer) == pytest.approx(expected)


def test_bleu_of_a_selection_follows_from_its_counts() -> None:
    counts = metrics.bleu_counts(SAID, REFERENCES)
    part = metrics.bleu_of(counts[:2].sum(axis=0), 2)
    assert part == pytest.approx(bleu(SAID[:2], REFERENCES[:2], 2))


def test_the_signature_names_order_tokenizer_and_version() -> None:
    signature = metrics.bleu_signature(REFERENCES, 2, "char")
    assert signature.startswith("BLEU-2|nrefs:var|")
    assert "tok:char" in signature
    assert sacrebleu.__version__ in signature
    assert "nc:6" in metrics.chrf_signature(REFERENCES)


def test_chrf_is_what_sacrebleu_says() -> None:
    first = [refs[:1] for refs in REFERENCES]
    expected = sacrebleu.corpus_chrf(SAID, [[r[0] for r in first]]).score
    assert metrics.chrf(SAID, first) == pytest.approx(expected)
    assert metrics.sentence_chrf("早安", ["早安"]) == pytest.approx(100.0)


def test_the_nltk_variants_do_what_their_smoothing_says() -> None:
    said = ["今天下雨，记得带伞出门。"]
    corpus = metrics.nltk_corpus_bleu_smoothing3
    sentences = metrics.nltk_mean_sentence_bleu_smoothing7
    assert corpus(said, [said]) == pytest.approx(100)
    assert sentences(said, [said]) > 100
    assert 0 < sentences(["早安呀"], [["早安哦"]]) < 100
    none = (["火车票买好了"], [["早安哦"]])
    assert corpus(*none) == sentences(*none) == 0.0


def test_smoothing_3_halves_the_missing_precisions_in_turn() -> None:
    # 早安呀 against 早安哦: 2 of 3 characters, 1 of 2 pairs, none of 1 triple; of
    # runs of four there are none, which NLTK counts as one.
    expected = (2 / 3 * 1 / 2 * 1 / 2 * 1 / 4) ** 0.25
    score = metrics.nltk_corpus_bleu_smoothing3(["早安呀"], [["早安哦"]])
    assert score == pytest.approx(100 * expected)


def test_tokens_are_characters_but_latin_words_stay_whole() -> None:
    assert metrics.tokens("好的ok") == ["好", "的", "ok"]
    assert metrics.tokens("好的ok", "char") == ["好", "的", "o", "k"]
    assert metrics.tokens("好的 ok", "13a") == ["好的", "ok"]


def test_distinct_is_the_share_of_different_ngrams() -> None:
    assert distinct([["a", "b", "a"]], 1) == pytest.approx(2 / 3)
    assert distinct([["a", "b", "a"]], 2) == 1.0
    assert distinct([["a"]], 2) == 0.0


def test_repetition_is_looked_for_within_each_reply_alone() -> None:
    assert metrics.repetition([["a", "b"], ["a", "b"]], 1) == 0.0
    assert metrics.repetition([["a", "a"], ["a", "b"]], 1) == pytest.approx(0.25)
    assert metrics.repetition([["a", "b", "a", "b"]], 2) == pytest.approx(1 / 3)
    assert metrics.repetition([["a"]], 2) == 0.0
    assert metrics.repetition([], 1) == 0.0


def test_the_most_frequent_reply_is_counted_against_all() -> None:
    assert metrics.most_frequent_share(["一", "二", "一", "三"]) == 0.5
    assert metrics.most_frequent_share([]) == 0.0
    assert not math.isnan(metrics.most_frequent_share(["一"]))
