"""The attacks of the anonymity check find what is to be found, and claim nothing where there is nothing."""

from __future__ import annotations

import sqlite3
from itertools import permutations
from math import factorial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.anonymity.attacks import (
    Attack,
    clues_of,
    is_at_chance,
    lengths_of,
    pair_by_moment,
    pair_by_order,
    strongest,
    try_all,
)
from survey_app.anonymity.chance import (
    agreement,
    agreement_p_value,
    expected_links,
    inversions,
    links_by_chance,
    links_p_value,
    most_links,
)
from survey_app.anonymity.copies import TRANSACTION, Copy, remnants, tells_order
from survey_app.anonymity.live import narrow
from survey_app.anonymity.nights import (
    Night,
    certain_by_counter,
    days_of,
    expected_right,
    guess_by_counter,
    guess_by_days,
)
from survey_app.anonymity.trial import usual_share
from survey_app.anonymity.visits import draw_visits, habit

WANG, LI, ZHAO = "wang", "li", "zhao"


@given(st.integers(0, 5).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_share_of_right_links_is_that_of_all_pairings_counted_out(size):
    candidates, guessed = size
    right = [sum(pairing[place] == place for place in range(guessed)) for pairing in permutations(range(candidates))]
    counted = [right.count(links) / len(right) for links in range(guessed + 1)]
    assert links_by_chance(guessed, candidates) == pytest.approx(counted)
    if candidates:
        assert expected_links(guessed, candidates) == pytest.approx(sum(right) / len(right))
    for links in range(guessed + 1):
        assert links_p_value(links, guessed, candidates) == pytest.approx(sum(counted[links:]))


@given(st.permutations(range(5)))
def test_the_agreement_of_two_orders_is_that_of_all_orders_counted_out(ranks):
    def apart(order):
        return abs(10 - 2 * inversions(list(order)))

    as_far = sum(apart(order) >= apart(ranks) for order in permutations(range(5)))
    assert agreement_p_value(ranks) == pytest.approx(as_far / factorial(5))
    assert agreement(ranks) == pytest.approx(1 - inversions(ranks) / 5)


def test_five_of_thirty_links_are_what_guessing_gives_in_999_of_1000_cases():
    assert most_links(30, 30) == 5
    assert links_p_value(6, 30, 30) < 0.001 < links_p_value(5, 30, 30)


@given(st.data())
def test_a_guess_between_days_is_right_as_often_as_all_its_links_counted_out(data):
    """Codes of a day, and ballots of a day, taken in every order."""
    size = data.draw(st.integers(1, 4))
    day = st.integers(0, 2)
    came = {code: data.draw(day) for code in range(size)}
    cast = {code: max(came[code], data.draw(day)) for code in range(size)}
    nights = [
        Night({code for code in came if came[code] <= last}, {code for code in cast if cast[code] <= last})
        for last in range(3)
    ]
    days = days_of(nights)
    guess = guess_by_days(days, habit)
    truth = {code: code for code in range(size)}
    assert sum(guess.values()) == size

    counted = []
    for codes in permutations(range(size)):
        for ballots in permutations(range(size)):
            left, right = list(codes), list(ballots)
            hits = 0
            for (first, second), count in guess.items():
                for _ in range(count):
                    code = next(one for one in left if came[one] == first)
                    ballot = next(one for one in right if cast[one] == second)
                    left.remove(code)
                    right.remove(ballot)
                    hits += code == ballot
            counted.append(hits)
    assert expected_right(guess, days, truth) == pytest.approx(sum(counted) / len(counted))


def test_two_rows_in_order_of_arrival_give_everybody_away(rng):
    persons = {name: {"used_at": f"2026-11-0{day}T09:00:00"} for day, name in enumerate((WANG, LI, ZHAO), start=1)}
    answers = {f"answer of {name}": {"id": number} for number, name in enumerate((WANG, LI, ZHAO))}
    [used_at], [number] = clues_of(persons), clues_of(answers)
    assert pair_by_order(used_at, number, rng) == [(name, f"answer of {name}") for name in (WANG, LI, ZHAO)]


def test_an_answer_belongs_to_whoever_came_last_before_it():
    came = {WANG: 9.00, LI: 9.30, ZHAO: 12.0}
    cast = {"first": 9.35, "second": 9.40, "before anybody": 8.0}
    assert pair_by_moment(came, cast) == [(LI, "first"), (WANG, "second")]


def test_what_does_not_differ_is_no_clue(rng):
    same = {name: {"survey_id": b"the same", "mark": None} for name in (WANG, LI)}
    assert clues_of(same) == []
    assert list(try_all(same, same, {WANG: WANG}, rng)) == []


def test_a_column_that_keeps_the_order_is_found_whatever_it_is_called(rng):
    people = list(range(12))
    keys = rng.sample(range(1000), 12)
    persons = {person: {"code": keys[person], "note": person * 10} for person in people}
    answers = {person: {"receipt": rng.random(), "shade": -person} for person in people}
    outcomes = list(try_all(persons, answers, {person: person for person in people}, rng))
    assert not is_at_chance(outcomes, len(outcomes))
    assert (strongest(outcomes).attack, strongest(outcomes).by) == (Attack.ORDER, "note × shade")
    assert strongest(outcomes).tau == -1


def test_random_keys_are_at_chance_again_and_again():
    for seed in range(20):
        rng = Random(seed)
        rows = {person: {"key": rng.randbytes(32), "mark": rng.randbytes(32)} for person in range(30)}
        others = {person: {"spent": rng.randbytes(32)} for person in range(30)}
        outcomes = list(try_all(rows, others, {person: person for person in range(30)}, rng))
        assert is_at_chance(outcomes, len(outcomes))


def test_lengths_are_counted_by_column():
    rows = {1: {"envelope": b"1234", "said": "好"}, 2: {"envelope": b"5678", "said": "很好", "place": 7}}
    assert lengths_of(rows) == {"envelope": 1, "said": 2}


def test_remnants_are_found_in_every_way_of_writing():
    needle = bytes(range(32))
    for form in (needle, needle.hex().encode(), b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="):
        assert remnants([b"anything", b"before " + form + b" after"], [needle, bytes(32)]) == 1


def test_copies_of_two_nights_leave_only_those_who_came_between_them():
    nights = [Night({WANG}, set()), Night({WANG, LI}, {"li"}), Night({WANG, LI}, {"li", "wang"})]
    days = days_of(nights)
    assert guess_by_days(days, habit) == {(1, 1): 1, (0, 2): 1}
    assert expected_right({(1, 1): 1, (0, 2): 1}, days, {WANG: "wang", LI: "li"}) == 2
    assert days.smallest_set == (2, 1)


def test_the_counter_gives_away_who_came_alone_on_a_day():
    nights = [Night({WANG, LI}, {"li"}, played=1), Night({WANG, LI, ZHAO}, {"li", "zhao"}, played=2)]
    days = days_of(nights)
    assert guess_by_counter(days) == {(0, 0): 1, (1, 1): 1}
    assert certain_by_counter(days) == 1
    assert expected_right(guess_by_counter(days), days, {LI: "li", ZHAO: "zhao"}) == pytest.approx(0.5 + 1)


def test_raw_copies_of_every_night_give_away_more_than_guessing_and_far_from_all():
    assert 1 / 30 < usual_share(30, 14, Random(1)) < 0.5
    assert usual_share(30, 1, Random(1)) == pytest.approx(1 / 30)


def test_nobody_answers_before_coming_in():
    visits = draw_visits(200, 14, Random(4))
    assert all(visit.came <= visit.cast for visit in visits)
    assert any((visit.cast - visit.came).days >= 1 for visit in visits)


def test_a_copy_narrows_to_the_smallest_group():
    codes = {bytes([place]): {"group_id": "a" if place < 3 else "b"} for place in range(10)}
    ballots = {bytes([place]): {"group_id": "a" if place < 2 else "b"} for place in range(8)}
    seen = narrow(Copy(codes, ballots))
    assert (seen.codes, seen.ballots) == (10, 8)
    assert (seen.smallest_codes, seen.smallest_ballots) == (3, 2)
    assert seen.expected_right == pytest.approx(2 / 3 + 6 / 7)


def test_an_sqlite_file_tells_the_order_of_its_rows_until_it_is_written_anew(tmp_path):
    file, keys = tmp_path / "box.sqlite3", [b"m" * 32, b"z" * 32, b"a" * 32]
    with sqlite3.connect(file) as box:
        box.execute("CREATE TABLE ballot (spent BLOB PRIMARY KEY) WITHOUT ROWID")
        box.executemany("INSERT INTO ballot VALUES (?)", [(key,) for key in keys])
        box.commit()
        rows: dict[bytes, dict[str, int]] = {key: {} for key in keys}
        assert tells_order(rows, file)
        box.execute("VACUUM")
        assert not tells_order(rows, file)
    box.close()


def test_postgresql_tells_the_order_of_rows_by_their_transactions():
    assert tells_order({b"a": {TRANSACTION: 700}, b"b": {TRANSACTION: 701}}, None)
    assert not tells_order({b"a": {TRANSACTION: 700}, b"b": {TRANSACTION: 700}}, None)
