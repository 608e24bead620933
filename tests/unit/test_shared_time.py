"""Charges of work that shares a device add up to the time the device was busy."""

from contextlib import ExitStack, suppress

from hypothesis import given
from hypothesis import strategies as st

from models.shared_time import SharedTime


def test_work_alone_is_charged_all_of_its_time():
    now = [0.0]
    times = SharedTime(lambda: now[0])
    now[0] = 5.0
    with times.charged() as charge:
        now[0] = 7.5
    assert charge.seconds == 2.5


def test_work_side_by_side_is_charged_in_equal_parts():
    now = [0.0]
    times = SharedTime(lambda: now[0])
    with times.charged() as long:
        now[0] = 1.0
        with times.charged() as short:
            now[0] = 3.0
        now[0] = 4.0
    assert (long.seconds, short.seconds) == (3.0, 1.0)


def test_work_that_fails_is_charged_too():
    now = [0.0]
    times = SharedTime(lambda: now[0])
    with suppress(ZeroDivisionError), times.charged() as charge:
        now[0] = 2.0
        assert 1 / 0
    assert charge.seconds == 2.0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 100)), max_size=30))
def test_charges_add_up_to_the_busy_time(steps):
    now, busy = [0.0], 0.0
    times, charges = SharedTime(lambda: now[0]), []
    open_ones = []
    for begins, passes in steps:
        if begins:
            stack = ExitStack()
            charges.append(stack.enter_context(times.charged()))
            open_ones.append(stack)
        elif open_ones:
            open_ones.pop(0).close()
        now[0] += passes
        busy += passes if open_ones else 0
    for stack in open_ones:
        stack.close()
    assert abs(sum(charge.seconds for charge in charges) - busy) < 1e-6
