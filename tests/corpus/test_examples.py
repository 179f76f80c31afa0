from framework_plugin.corpus.examples import spread


def test_a_limit_is_spread_over_all() -> None:
    cases = list(range(8))
    assert spread(cases, 4) == cases[::2]
    assert spread(cases, None) == spread(cases, 99) == cases
