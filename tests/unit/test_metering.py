"""Engines report what they used to whoever asked, and an edition never spends more than it may."""

import contextvars
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import OverBudgetError
from content.usage import Usage
from models.metering import Meter, Purse, afford, metered, spend


def spend_and_fail(**amounts):
    spend(**amounts)
    raise KeyError


def test_what_is_spent_inside_the_block_is_on_its_meter_and_nothing_else_is():
    outer, inner = Meter(), Meter()
    spend(tokens_in=1)
    with metered(outer):
        spend(tokens_in=10, peak_bytes=7)
        with metered(inner):
            spend(tokens_out=5, peak_bytes=9)
        spend(tokens_in=20, peak_bytes=3)
    spend(tokens_in=100)
    assert outer.usage == Usage(tokens_in=30, peak_bytes=7)
    assert inner.usage == Usage(tokens_out=5, peak_bytes=9)


def test_what_was_spent_before_an_error_stays_on_the_meter():
    meter = Meter()
    with pytest.raises(KeyError), metered(meter):
        spend_and_fail(images=1)
    assert meter.usage == Usage(images=1)


def test_each_thread_has_a_meter_of_its_own():
    found = {}

    def work(number):
        meter = Meter()
        with metered(meter):
            for _ in range(100):
                spend(tokens_in=number)
        found[number] = meter.usage.tokens_in

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: 100 * number for number in range(8)}


def test_a_meter_goes_along_with_a_copied_context_and_with_no_other_thread():
    meter = Meter()
    with metered(meter):
        context = contextvars.copy_context()
        for thread in (
            threading.Thread(target=context.run, args=(lambda: spend(images=1),)),
            threading.Thread(target=lambda: spend(images=10)),
        ):
            thread.start()
            thread.join()
    assert meter.usage.images == 1


def test_without_a_purse_everything_can_be_afforded():
    with afford(1e12):
        pass
    with metered(Meter()), afford(1e12):
        spend(cost=1e12)


def test_the_call_that_cannot_be_paid_is_not_made_and_the_message_says_how_to_go_on():
    meter, purse, calls = Meter(), Purse(1.0, 0.5, what="harbour-morning/2026-03-10"), []
    with metered(meter, purse):
        with afford(0.5):
            calls.append(1)
            spend(cost=0.25)
        with (
            pytest.raises(OverBudgetError, match=r"harbour-morning/2026-03-10 has spent 0\.7500 .*PRESSROOM_EDITION"),
            afford(0.26),
        ):
            calls.append(2)
        with afford(0.25):
            calls.append(3)
            spend(cost=0.25)
    assert (calls, meter.usage.cost) == ([1, 3], 0.5)


def test_a_call_that_fails_gives_its_reservation_back_but_not_what_it_cost():
    with metered(Meter(), Purse(1.0)):
        for _ in range(3):
            with pytest.raises(KeyError), afford(1.0):
                raise KeyError
        with pytest.raises(KeyError), afford(1.0):
            spend_and_fail(cost=0.5)
        with pytest.raises(OverBudgetError), afford(0.75):
            pass
        with afford(0.5):
            pass


def test_a_free_call_is_made_also_when_all_is_spent():
    with metered(Meter(), Purse(1.0, 2.0)), afford(0.0):
        spend(tokens_in=1)


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 1)), max_size=30))
def test_one_call_after_another_never_spends_more_than_the_limit(calls):
    meter = Meter()
    with metered(meter, Purse(100)):
        for worst, share in calls:
            before = meter.usage.cost
            try:
                with afford(worst):
                    spend(cost=worst * share)
            except OverBudgetError:
                assert before + worst > 100
    assert meter.usage.cost <= 100


def test_threads_that_share_a_purse_never_spend_more_than_the_limit_and_use_it_up():
    purse, together, spent, refused = Purse(100), threading.Barrier(8), [], []

    def work(number):
        chance = random.Random(number)
        together.wait(20)
        meter = Meter()
        with metered(meter, purse):
            for _ in range(60):
                try:
                    with afford(2):
                        (spend_and_fail if chance.random() < 0.1 else spend)(cost=chance.choice([0, 1, 2]))
                except OverBudgetError:
                    refused.append(number)
                except KeyError:
                    pass
        spent.append(meter.usage.cost)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(spent) == 8
    assert refused
    assert 99 <= sum(spent) <= 100, "what is left after the last refusal is less than one call"
