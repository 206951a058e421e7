"""The checker of histories: each broken promise is found, and a good history is passed."""

from __future__ import annotations

from dataclasses import replace

from rig.checker import problems
from rig.history import SECOND, History, Tenure, Woke, Write

START = 1000 * SECOND


def at(seconds: float) -> int:
    return START + round(seconds * SECOND)


def good() -> History:
    history = History(begin=START)
    history.tenures = [
        Tenure("a", 1, 16, at(1), at(3), ended=True),
        Tenure("b", 2, 17, at(4), at(6)),
    ]
    history.writes = [
        Write(at(2), "a", 16, accepted=True, late=False),
        Write(at(4.1), "b", 17, accepted=True, late=False),
        Write(at(4.2), "a", 16, accepted=False, late=True),
    ]
    history.woke = [Woke(at(4.2), "a", at(4.2) - at(2), leads=False)]
    return history


def test_a_good_history_has_no_problems() -> None:
    assert problems(good()) == []


def test_two_leaders_at_one_instant_are_found() -> None:
    history = good()
    history.tenures[1] = replace(history.tenures[1], begin=at(2.9))
    assert [each for each in problems(history) if each.startswith("two leaders for 100.0 ms")]


def test_a_tenure_inside_of_a_long_one_is_found_behind_others() -> None:
    history = good()
    history.tenures = [
        Tenure("a", 1, 16, at(1), at(9)),
        Tenure("b", 2, 17, at(10), at(11)),
        Tenure("c", 3, 18, at(8), at(8.5)),
    ]
    assert [each for each in problems(history) if "two leaders" in each and "c (term 18)" in each]


def test_a_term_that_is_used_again_or_falls_is_found() -> None:
    for term in (16, 15):
        history = good()
        history.tenures[1] = replace(history.tenures[1], term=term)
        assert any("does not rise" in each for each in problems(history))


def test_a_token_with_two_owners_is_found() -> None:
    history = good()
    history.writes[1] = replace(history.writes[1], term=16)
    assert any("token 16 was taken from a and from b" in each for each in problems(history))


def test_a_late_write_that_was_taken_is_found() -> None:
    history = good()
    history.writes[2] = replace(history.writes[2], accepted=True)
    assert any("token 16 of a was taken after 17" in each for each in problems(history))


def test_a_good_write_that_was_refused_is_found() -> None:
    history = good()
    history.writes[1] = replace(history.writes[1], accepted=False)
    assert any("token 17 of b was refused" in each for each in problems(history))


def test_a_leader_that_leads_on_when_it_wakes_is_found() -> None:
    history = good()
    history.woke[0] = replace(history.woke[0], at=at(5), gap=at(5) - at(2), leads=True)
    assert any("a led when it woke" in each for each in problems(history))


def test_a_history_in_which_nobody_led_proves_nothing() -> None:
    assert problems(History(begin=START))


def test_reports_of_one_tenure_become_one() -> None:
    history = History(begin=START)
    assert history.lead(Tenure("a", 1, 16, at(1), at(1)))
    assert not history.lead(Tenure("a", 1, 16, at(1), at(2), ended=True))
    assert history.lead(Tenure("a", 9, 16, at(1), at(1))), "another process is another tenure"
    assert [(each.end, each.ended) for each in history.tenures] == [(at(2), True), (at(1), False)]
