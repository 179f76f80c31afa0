"""Settings that are impossible, or do nothing together, are refused with a reason."""

import pytest

from framework_plugin.errors import SettingsError
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.settings import settings_from


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"min_reply_tokens": 9, "max_reply_tokens": 8}, "must be at most"),
        ({"strategy": "greedy", "coverage_penalty": 0.2}, "'coverage_penalty' does no"),
        ({"strategy": "top_p", "diversity": 0.5}, "Set 'strategy' to 'beam'"),
        ({"strategy": "beam", "samples": 4}, "Set 'strategy' to 'top_k' or 'top_p'"),
        ({"strategy": "greedy", "mmi": "anti_lm"}, "finds one"),
        ({"strategy": "top_k", "mmi": "bidirectional"}, "draw more with 'samples'"),
        ({"beam_width": 1, "mmi": "anti_lm"}, "'beam_width' to 2 or more"),
        ({"beam_width": 0}, "'beam_width' must be at least 1"),
        ({"no_repeat_ngram": -1}, "'no_repeat_ngram' must be at least 0"),
        ({"mmi_weight": 1.5}, "'mmi_weight' must be between 0.0 and 1.0"),
        ({"mmi": "some"}, "Valid choices: 'none', 'anti_lm', 'bidirectional'"),
        ({"block_list": 3}, "'block_list' must be of type str or NoneType"),
        ({"sampling_seed": -1}, "'sampling_seed' must be at least 0"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        settings_from(DecodingSettings, values)


@pytest.mark.parametrize("strategy", ["greedy", "beam", "top_k", "top_p"])
def test_every_strategy_works_with_the_defaults(strategy: str) -> None:
    chosen = settings_from(DecodingSettings, {"strategy": strategy})
    assert chosen.most_found == (5 if strategy == "beam" else 1)


def test_samples_and_mmi_go_together() -> None:
    chosen = settings_from(
        DecodingSettings, {"strategy": "top_p", "samples": 6, "mmi": "anti_lm"}
    )
    assert chosen.most_found == 6
