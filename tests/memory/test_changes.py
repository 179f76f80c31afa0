"""How a profile takes what is said."""

from framework_plugin.corpus.user_context import Fact, FactKind
from framework_plugin.memory.changes import (
    IMPLIED,
    Book,
    FactChange,
    Operation,
    Period,
    heard,
)

NAME, LIKE, DISLIKE = FactKind.NAME, FactKind.LIKE, FactKind.DISLIKE
KNOWN = (Fact(NAME, "小明", 1.0), Fact(LIKE, "咖啡", 2.0), Fact(LIKE, "攀岩", 3.0))


def after(*changes, facts=KNOWN):
    result = heard(Book(facts), changes, 9.0).facts
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
    turned = heard(Book(KNOWN), [FactChange.telling(DISLIKE, "咖啡")], 9.0).facts
    assert Fact(DISLIKE, "咖啡", 9.0) in turned
    assert Fact(LIKE, "咖啡", 2.0) not in turned
    back = heard(Book(turned), [FactChange.telling(LIKE, "咖啡")], 10.0).facts
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


def hesitant(value, kind=NAME):
    return FactChange.telling(kind, value, 0.95, corrects=False)


CONFIRM, DENY = FactChange(Operation.CONFIRM), FactChange(Operation.DENY)
NAMED = Book((Fact(NAME, "欧阳翀", 1.0),))


def listen(book, *messages):
    for number, changes in enumerate(messages, start=2):
        book = heard(book, changes, float(number))
    return book


def name_in(book):
    return [fact.value for fact in book.facts if fact.kind is NAME]


def test_another_name_is_asked_about_and_taken_on_a_yes():
    asked = listen(NAMED, [hesitant("苏木")])
    assert name_in(asked) == ["欧阳翀"]
    assert asked.asked.value == "苏木"
    agreed = listen(asked, [CONFIRM])
    assert name_in(agreed) == ["苏木"]
    assert agreed.asked is None
    assert [(f.value, f.ended_at) for f in agreed.ended] == [("欧阳翀", 2.0)]


def test_who_says_it_again_has_agreed():
    assert name_in(listen(NAMED, [hesitant("苏木")], [hesitant("苏木")])) == ["苏木"]


def test_a_no_and_other_talk_take_the_question_back():
    for answer in ([DENY], [], [hesitant("跑步", LIKE)]):
        book = listen(NAMED, [hesitant("苏木")], answer, [CONFIRM])
        assert name_in(book) == ["欧阳翀"]
        assert book.asked is None


def test_a_yes_to_nothing_changes_nothing():
    assert listen(NAMED, [CONFIRM]) == NAMED


def test_corrections_and_things_that_change_in_life_are_not_asked_about():
    assert name_in(listen(NAMED, [FactChange.telling(NAME, "苏木")])) == ["苏木"]
    moved = listen(
        Book((Fact(FactKind.CITY, "成都", 1.0),)), [hesitant("深圳", FactKind.CITY)]
    )
    assert [f.value for f in moved.facts] == ["深圳"]
    assert [f.value for f in moved.ended] == ["成都"]


def test_a_doubtful_fact_gives_way_without_a_question():
    marked = Book((Fact(NAME, "欧阳翀", 1.0, confidence=0.7),))
    assert name_in(listen(marked, [hesitant("苏木")])) == ["苏木"]


def test_a_suggested_home_never_replaces_one_that_was_told():
    told = Book((Fact(FactKind.CITY, "深圳", 1.0, confidence=0.95),))
    hint = FactChange.telling(FactKind.CITY, "泉州", IMPLIED)
    assert [f.value for f in listen(told, [hint]).facts] == ["深圳"]
    hinted = listen(Book(), [hint], [FactChange.telling(FactKind.CITY, "泉州", 0.95)])
    assert [f.confidence for f in hinted.facts] == [0.95]


def test_a_name_joins_the_child_or_pet_it_belongs_to():
    cat = FactChange.telling(FactKind.PET, "猫")
    named = FactChange.telling(FactKind.PET, "猫叫豆包")
    assert [f.value for f in listen(Book(), [cat], [named], [cat]).facts] == [
        "猫叫豆包"
    ]
    ended = listen(Book(), [named], [FactChange(Operation.END, FactKind.PET, "猫")])
    assert [f.value for f in ended.ended] == ["猫叫豆包"]


def test_who_marries_is_single_no_longer():
    alone = FactChange.telling(FactKind.FAMILY, "单身")
    girl = FactChange.telling(FactKind.FAMILY, "女儿")
    married = FactChange.telling(FactKind.FAMILY, "已婚")
    book = listen(Book(), [alone], [girl], [married])
    assert [f.value for f in book.facts] == ["女儿", "已婚"]


def plan(day, ends):
    period = Period(day, ends - 9.0, ends)
    return FactChange.telling(FactKind.PLAN, "考试", 0.95, period=period)


def test_a_plan_is_past_when_its_days_are_over():
    book = listen(Book(), [plan("1970-01-01", 20.0)], [plan("1970-01-02", 40.0)])
    assert [f.day for f in book.facts] == ["1970-01-01", "1970-01-02"]
    later = heard(book, [], 30.0)
    assert [f.day for f in later.facts] == ["1970-01-02"]
    assert [(f.day, f.ended_at) for f in later.ended] == [("1970-01-01", 20.0)]


def test_what_ends_is_kept_and_what_is_forgotten_is_erased():
    like = (Fact(LIKE, "咖啡", 1.0),)
    ended = heard(Book(like), [FactChange(Operation.END, LIKE, "咖啡")], 2.0)
    assert [f.ended_at for f in ended.ended] == [2.0]
    assert ended.erased == ()
    gone = heard(Book(like), [FactChange(Operation.REMOVE, LIKE, "咖啡")], 2.0)
    assert gone.ended == ()
    assert gone.erased == ((LIKE, "咖啡"),)
