"""The batcher: work of several threads in one call, every answer to its asker, and never a lock that stays shut."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import BadInputError, OutOfMemoryError
from models.batching import Batcher
from models.once import Once


class Kitchen:
    """Doubles numbers, and remembers which came together."""

    def __init__(self, room=64):
        self.room, self.batches, self.gate = room, [], threading.Event()
        self.gate.set()
        self.running = 0

    def __call__(self, works, tell):
        self.running += 1
        assert self.running == 1, "two batches at once"
        try:
            self.gate.wait(10)
            self.batches.append(list(works))
            if len(works) > self.room:
                raise OutOfMemoryError("no room")
            tell(0.5)
            return [BadInputError(f"{work} is odd") if work == 13 else work * 2 for work in works]
        finally:
            self.running -= 1


def side_by_side(kitchen, batcher, numbers, key=lambda _: ""):
    """Have one thread ask for each number; all of them wait before the first batch begins."""
    kitchen.gate.clear()
    with ThreadPoolExecutor(len(numbers)) as threads:
        asked = [threads.submit(batcher.put, [(key(number), number)]) for number in numbers]
        kitchen.gate.set()
        return [each.result(timeout=10) for each in asked]


@given(st.lists(st.integers(0, 12), max_size=20), st.integers(1, 5))
def test_n_asked_are_n_given_in_order_whatever_their_keys(numbers, largest):
    kitchen = Kitchen()
    batcher = Batcher(kitchen, largest=largest, gather_s=0)
    assert batcher.put([(number % 3, number) for number in numbers]) == [number * 2 for number in numbers]
    assert all(len(batch) <= largest and len({number % 3 for number in batch}) == 1 for batch in kitchen.batches)


def test_threads_share_a_batch_and_each_gets_its_own_answer():
    kitchen = Kitchen()
    batcher = Batcher(kitchen, largest=4, gather_s=5)
    assert side_by_side(kitchen, batcher, range(4)) == [[0], [2], [4], [6]]
    assert [sorted(batch) for batch in kitchen.batches] == [[0, 1, 2, 3]]


def test_work_of_another_key_is_never_in_the_same_batch():
    kitchen = Kitchen()
    batcher = Batcher(kitchen, largest=8, gather_s=0.05)
    side_by_side(kitchen, batcher, range(8), key=lambda n: n % 2)
    assert all(len({number % 2 for number in batch}) == 1 for batch in kitchen.batches)
    assert sorted(number for batch in kitchen.batches for number in batch) == list(range(8))


def test_a_batch_without_room_is_halved_says_so_and_stays_small(caplog):
    kitchen, freed = Kitchen(room=2), []
    batcher = Batcher(kitchen, largest=8, gather_s=0, make_room=lambda: freed.append(1))
    assert batcher.put([("", n) for n in range(8)]) == [n * 2 for n in range(8)]
    assert [len(batch) for batch in kitchen.batches] == [8, 4, 2, 2, 4, 2, 2]
    assert "batch of 8" in caplog.text
    assert freed
    kitchen.batches.clear()
    batcher.put([("", n) for n in range(4)])
    assert [len(batch) for batch in kitchen.batches] == [2, 2]


def test_no_room_for_a_single_piece_is_out_of_memory_and_the_next_may_ask_again():
    kitchen = Kitchen(room=0)
    batcher = Batcher(kitchen, largest=4, gather_s=0)
    with pytest.raises(OutOfMemoryError):
        batcher.put([("", 1), ("", 2)])
    kitchen.room = 4
    assert batcher.put([("", 3)]) == [6]


def test_what_is_wrong_with_one_piece_is_told_to_its_asker_alone():
    kitchen = Kitchen()
    batcher = Batcher(kitchen, largest=4, gather_s=5)
    kitchen.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        bad, good = threads.submit(batcher.put, [("", 13)]), threads.submit(batcher.put, [("", 1), ("", 2), ("", 3)])
        kitchen.gate.set()
        assert good.result(timeout=10) == [2, 4, 6]
        with pytest.raises(BadInputError, match="13 is odd"):
            bad.result(timeout=10)


def test_an_error_of_the_whole_batch_reaches_everybody_and_unlocks():
    calls = []

    def fails(works, tell):
        calls.append(works)
        raise ZeroDivisionError

    batcher = Batcher(fails, largest=4, gather_s=5)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(batcher.put, [("", number)]) for number in range(4)]
        assert all(isinstance(each.exception(timeout=10), ZeroDivisionError) for each in asked)
    assert len(calls) == 1
    with pytest.raises(ZeroDivisionError):
        Batcher(fails, largest=1, gather_s=0).put([("", 1)])


def test_a_leader_who_is_interrupted_leaves_the_others_work_to_another():
    kitchen = Kitchen()
    batcher = Batcher(kitchen, largest=4, gather_s=0.5)
    stopped = threading.Event()

    def stop(share):
        stopped.set()
        raise KeyboardInterrupt

    with ThreadPoolExecutor(4) as threads:
        asked = [
            threads.submit(batcher.put, [("", number)], stop if number == 0 else (lambda _: None))
            for number in range(4)
        ]
        assert isinstance(asked[0].exception(timeout=10), KeyboardInterrupt)
        assert [each.result(timeout=10) for each in asked[1:]] == [[2], [4], [6]]
    assert stopped.is_set()


def test_progress_is_told_in_the_thread_that_asked():
    kitchen, told = Kitchen(), {}
    batcher = Batcher(kitchen, largest=3, gather_s=5)

    def ask(number):
        me = threading.get_ident()
        seen = told.setdefault(me, [])
        batcher.put([("", number)], lambda share: seen.append((threading.get_ident() == me, share)))

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(ask, range(3)))
    for seen in told.values():
        assert all(mine for mine, _ in seen)
        assert [share for _, share in seen] == sorted(share for _, share in seen)
        assert seen[-1][1] >= 1


def test_two_thousand_pieces_from_many_threads_all_come_back():
    batcher = Batcher(Kitchen(), largest=7, gather_s=0)
    with ThreadPoolExecutor(16) as threads:
        asked = [threads.submit(batcher.put, [(n % 3, n), (n % 2, n + 1)]) for n in range(20, 1020)]
        assert [each.result(timeout=30) for each in asked] == [[n * 2, n * 2 + 2] for n in range(20, 1020)]


def test_what_many_ask_for_is_made_once_and_forgotten_last_used_first():
    once, made, gate = Once(keep=2), [], threading.Event()

    def make(name):
        def work():
            gate.wait(10)
            made.append(name)
            return name.upper()

        return work

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(once.get, "a", make("a")) for _ in range(8)]
        gate.set()
        assert {each.result(timeout=10) for each in asked} == {"A"}
    assert made == ["a"]
    for name in ("b", "a", "c", "a", "b"):
        once.get(name, make(name))
    assert made == ["a", "b", "c", "b"]
    once.forget()
    once.get("a", make("a"))
    assert made[-1] == "a"


def test_a_failure_is_not_kept_and_the_next_who_waits_tries():
    once, gate, tries = Once(keep=2), threading.Event(), []

    def sometimes():
        gate.wait(10)
        tries.append(1)
        if len(tries) == 1:
            raise OutOfMemoryError("no room")
        return "made"

    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(once.get, "a", sometimes) for _ in range(3)]
        gate.set()
        ends = sorted(str(each.exception(timeout=10) or each.result()) for each in asked)
    assert ends == ["made", "made", "no room"]
    assert len(tries) == 2
