import math

import pytest

from framework_plugin.evaluation.perplexity import likelihood, perplexity, total


def test_a_coin_for_every_token_has_a_perplexity_of_two() -> None:
    found = likelihood("早安", [math.log(0.5)] * 3)
    assert found.per_token == pytest.approx(2.0)
    assert found.per_character == pytest.approx(2.0)


def test_per_character_does_not_depend_on_how_the_text_was_cut() -> None:
    words = likelihood("早点休息", [-2.0, -3.0, -1.0])
    characters = likelihood("早点休息", [-1.0, -1.0, -1.5, -1.5, -1.0])
    assert words.per_character == pytest.approx(characters.per_character)
    assert words.per_token > characters.per_token


@pytest.mark.parametrize("bad", [-1e9, -math.inf, math.nan])
def test_what_cannot_be_said_is_left_to_be_counted_apart(bad) -> None:
    assert likelihood("早安", [-1.0, bad, -1.0]) is None
    assert likelihood("早安", []) is None


def test_long_texts_weigh_as_much_as_they_have_tokens() -> None:
    both = total([likelihood("早", [-1.0, -1.0]), likelihood("早点睡", [-3.0] * 4)])
    assert both.per_token == pytest.approx(math.exp(14 / 6))


def test_nothing_has_no_perplexity() -> None:
    assert math.isnan(perplexity(0.0, 0))
