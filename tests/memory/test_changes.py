"""How a profile takes what is said."""

from framework_plugin.corpus.user_context import Fact, FactKind
from framework_plugin.memory.changes import FactChange, Operation, apply_changes

NAME, LIKE, DISLIKE = FactKind.NAME, FactKind.LIKE, FactKind.DISLIKE
KNOWN = (Fact(NAME, "小明", 1.0), Fact(LIKE, "咖啡", 2.0), Fact(LIKE, "攀岩", 3.0))


def after(*changes, facts=KNOWN):
    result = apply_changes(facts, changes, 9.0)
    return [(fact.kind, fact.value, fact.said_at) for fact in result]


def test_a_single_fact_is_replaced():
    told = FactChange.telling(NAME, "小亮")
    assert (NAME, "小亮", 9.0) in after(told)
    assert (NAME, "小明", 1.0) not in after(told)


def test_likes_join():
    assert [v for k, v, _ in after(FactChange.telling(LIKE, "龙井")) if k is LIKE] == [
        "咖啡",
        "攀岩",
        "龙井",
    ]


def test_a_fact_told_again_keeps_its_time():
    assert after(FactChange.telling(LIKE, "咖啡")) == after()


def test_a_like_told_in_other_case_is_one_like():
    facts = (Fact(LIKE, "jazz", 1.0),)
    assert after(FactChange.telling(LIKE, "Jazz"), facts=facts) == [(LIKE, "Jazz", 9.0)]


def test_a_dislike_ends_the_like_of_the_same_thing_and_the_other_way_round():
    turned = apply_changes(KNOWN, [FactChange.telling(DISLIKE, "咖啡")], 9.0)
    assert Fact(DISLIKE, "咖啡", 9.0) in turned
    assert Fact(LIKE, "咖啡", 2.0) not in turned
    back = apply_changes(turned, [FactChange.telling(LIKE, "咖啡")], 10.0)
    assert [f.kind for f in back if f.value == "咖啡"] == [LIKE]


def test_one_value_or_a_whole_kind_can_be_removed():
    one = after(FactChange(Operation.REMOVE, LIKE, "咖啡"))
    assert one == [(NAME, "小明", 1.0), (LIKE, "攀岩", 3.0)]
    assert after(FactChange(Operation.REMOVE, LIKE)) == [(NAME, "小明", 1.0)]


def test_removing_what_is_not_known_changes_nothing():
    assert after(FactChange(Operation.REMOVE, DISLIKE, "香菜")) == after()


def test_clear_removes_everything_and_what_follows_counts():
    cleared = after(FactChange(Operation.CLEAR), FactChange.telling(NAME, "小鱼"))
    assert cleared == [(NAME, "小鱼", 9.0)]
