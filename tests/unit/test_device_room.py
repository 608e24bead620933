"""The device room lends engines out loaded: once, within the budget, fairly, and always to an end."""

import random
import threading
from contextlib import ExitStack, contextmanager

import pytest

from content.errors import BadConfigurationError, OutOfMemoryError, UnreachableError
from content.recipes import EngineIdentity
from models.device_room import DeviceRoom

GB = 2**30
SOON = 20  # seconds; a thread that is not through by then is stuck


class Shelf:
    """A device that knows what is on it, and complains when that is too much."""

    def __init__(self, budget):
        self.budget, self.taken, self.most = budget, 0, 0
        self.lock = threading.Lock()

    def put(self, amount):
        with self.lock:
            self.taken += amount
            self.most = max(self.most, self.taken)


class Heavy:
    def __init__(self, name, gigabytes, shelf=None, device="cuda:0", errors=()):
        self.name, self.footprint, self.device, self.shelf = name, int(gigabytes * GB), device, shelf
        self.errors = list(errors)
        self.loads = self.releases = self.at_work = 0
        self.in_memory = False

    @property
    def identity(self):
        return EngineIdentity(backend="test", model=self.name, revision="1")

    def load(self):
        assert not self.in_memory, "loaded twice"
        if self.errors:
            raise self.errors.pop(0)
        self.loads += 1
        self.in_memory = True
        if self.shelf:
            self.shelf.put(self.footprint)

    def release(self):
        assert self.in_memory, "released twice"
        assert not self.at_work, "released at work"
        self.releases += 1
        self.in_memory = False
        if self.shelf:
            self.shelf.put(-self.footprint)


class Light:
    device = ""

    def __init__(self):
        self.loaded, self.loads, self.at_work, self.most = False, 0, 0, 0
        self.lock = threading.Lock()

    def load(self):
        if not self.loaded:
            self.loads += 1
            self.loaded = True

    def release(self):
        self.loaded = False

    @contextmanager
    def working(self):
        with self.lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        yield
        with self.lock:
            self.at_work -= 1


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Crew:
    """Threads whose errors are the test's errors, and which have to end."""

    def __init__(self):
        self.errors, self.threads = [], []

    def start(self, work, *arguments):
        def run():
            try:
                work(*arguments)
            except BaseException as error:  # noqa: BLE001
                self.errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    def join(self):
        for thread in self.threads:
            thread.join(SOON)
            assert not thread.is_alive(), "a thread is stuck"
        if self.errors:
            raise self.errors[0]


@pytest.fixture
def crew():
    return Crew()


def wait_for(happened):
    """Give other threads their turn until something is so."""
    for _ in range(SOON * 1000):
        if happened():
            return
        threading.Event().wait(0.001)
    pytest.fail("it never happened")


def waiting(room, count=1):
    wait_for(lambda: len(room._waiting) == count)


class Guest:
    """A thread that has an engine in use until it is told to give it back."""

    def __init__(self, crew, room, engine, arrivals=None):
        self.inside, self.leave = threading.Event(), threading.Event()

        def work():
            with room.using(engine):
                if arrivals is not None:
                    arrivals.append(engine.name)
                self.inside.set()
                assert self.leave.wait(SOON)

        self.thread = crew.start(work)

    def arrived(self):
        assert self.inside.wait(SOON)
        return self

    def goes(self):
        self.leave.set()
        self.thread.join(SOON)


def test_many_threads_load_an_engine_once_and_all_find_it_loaded(crew):
    room, engine, together = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("a", 8), threading.Barrier(16)

    def work():
        together.wait(SOON)
        with room.using(engine):
            assert engine.in_memory
            together.wait(SOON)  # all of them inside at the same time

    for _ in range(16):
        crew.start(work)
    crew.join()
    assert (engine.loads, engine.releases, room.loaded()) == (1, 0, (engine,))
    room.close()


def test_engines_that_fit_together_both_stay():
    room, one, two = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("a", 6), Heavy("b", 4)
    for _ in range(3):
        for engine in (one, two):
            with room.using(engine):
                pass
    assert (one.loads, two.loads, one.releases, two.releases) == (1, 1, 0, 0)
    room.close()


def test_of_engines_that_do_not_fit_the_longest_idle_one_goes_and_no_more_than_needed():
    clock = Clock()
    room = DeviceRoom(lambda: {"cuda:0": 10 * GB}, clock=clock)
    old, new, big = Heavy("old", 4), Heavy("new", 4), Heavy("big", 5)
    for engine in (new, old, new):
        clock.now += 1
        with room.using(engine):
            pass
    with room.using(big):
        assert set(room.loaded()) == {new, big}
    assert (old.releases, new.releases) == (1, 0)
    room.close()


def test_an_engine_at_work_is_never_evicted_and_the_other_waits_for_it(crew):
    room, shelf = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Shelf(10 * GB)
    busy, other = Heavy("busy", 8, shelf), Heavy("other", 8, shelf)
    guest = Guest(crew, room, busy).arrived()
    waits = Guest(crew, room, other)
    waiting(room)
    room.release_idle()
    room.close()
    assert (busy.in_memory, other.in_memory, waits.inside.is_set()) == (True, False, False)
    guest.goes()
    waits.arrived().goes()
    crew.join()
    assert (busy.releases, shelf.most) == (1, 8 * GB)
    room.close()


def test_nothing_is_evicted_for_an_engine_that_would_still_have_to_wait(crew):
    room, busy, warm, big = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("busy", 5), Heavy("warm", 2), Heavy("big", 9)
    guest = Guest(crew, room, busy).arrived()
    with room.using(warm):
        pass
    waits = Guest(crew, room, big)
    waiting(room)
    assert warm.in_memory
    guest.goes()
    waits.arrived().goes()
    crew.join()
    room.close()


def test_threads_that_want_the_loaded_engine_go_before_one_that_waits_for_another(crew):
    room, drafts, pictures, order = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("w", 8), Heavy("p", 8), []
    first = Guest(crew, room, drafts, order).arrived()
    late = Guest(crew, room, pictures, order)
    waiting(room)
    others = [Guest(crew, room, drafts, order).arrived() for _ in range(3)]
    for guest in (first, *others):
        guest.goes()
    late.arrived().goes()
    crew.join()
    assert order == ["w", "w", "w", "w", "p"]
    assert (drafts.loads, pictures.loads) == (1, 1)
    room.close()


def test_but_nobody_who_came_later_passes_one_who_has_lost_patience(crew):
    clock = Clock()
    room = DeviceRoom(lambda: {"cuda:0": 10 * GB}, patience_s=60, clock=clock)
    drafts, pictures, order = Heavy("w", 8), Heavy("p", 8), []
    first = Guest(crew, room, drafts, order).arrived()
    patient = Guest(crew, room, pictures, order)
    waiting(room)
    clock.now += 61
    late = Guest(crew, room, drafts, order)
    waiting(room, 2)
    assert not late.inside.is_set()
    first.goes()
    patient.arrived()
    assert not late.inside.is_set()
    patient.goes()
    late.arrived().goes()
    crew.join()
    assert order == ["w", "p", "w"]
    room.close()


def test_small_engines_do_not_keep_a_big_one_out_for_ever(crew):
    clock = Clock()
    room = DeviceRoom(lambda: {"cuda:0": 10 * GB}, patience_s=60, clock=clock)
    small, other, big, order = Heavy("small", 4), Heavy("other", 4), Heavy("big", 10), []
    first = Guest(crew, room, small, order).arrived()
    waits = Guest(crew, room, big, order)
    waiting(room)
    clock.now += 61
    late = Guest(crew, room, other, order)  # it would fit beside the small one
    waiting(room, 2)
    first.goes()
    waits.arrived().goes()
    late.arrived().goes()
    crew.join()
    assert order == ["small", "big", "other"]
    room.close()


def test_one_who_lost_patience_on_another_device_holds_nobody_up(crew):
    clock = Clock()
    room = DeviceRoom(lambda: {"cuda:0": 10 * GB, "cuda:1": 10 * GB}, patience_s=60, clock=clock)
    here, there, more = Heavy("here", 8), Heavy("there", 8, device="cuda:1"), Heavy("more", 8, device="cuda:1")
    guests = [Guest(crew, room, each).arrived() for each in (here, there)]
    waits = Guest(crew, room, more)
    waiting(room)
    clock.now += 61
    guests.append(Guest(crew, room, here).arrived())
    for guest in guests:
        guest.goes()
    waits.arrived().goes()
    crew.join()
    room.close()


def test_a_failed_load_unlocks_and_the_next_one_tries_again(crew):
    shelf = Shelf(10 * GB)
    room, engine = (
        DeviceRoom(lambda: {"cuda:0": 10 * GB}),
        Heavy("a", 8, shelf, errors=[UnreachableError("no"), KeyError("x")]),
    )
    with pytest.raises(UnreachableError), room.using(engine):
        pass
    with pytest.raises(KeyError), room.using(engine):
        pass
    assert room.loaded() == ()
    other = Heavy("b", 8, shelf)
    with room.using(other):
        pass
    with room.using(engine):
        assert room.loaded() == (engine,)
    room.close()
    assert (engine.loads, shelf.most, shelf.taken) == (1, 8 * GB, 0)


def test_whoever_waited_for_a_load_that_failed_loads_by_itself(crew):
    room, engine, failing, fail = (
        DeviceRoom(lambda: {"cuda:0": 10 * GB}),
        Heavy("a", 8),
        threading.Event(),
        threading.Event(),
    )
    load = engine.load

    def load_or_fail():
        if not fail.is_set():
            failing.set()
            assert fail.wait(SOON)
            raise UnreachableError("gone")
        load()

    engine.load = load_or_fail
    first = Crew()
    Guest(first, room, engine)
    assert failing.wait(SOON)
    others = [Guest(crew, room, engine) for _ in range(3)]
    waiting(room, 3)
    fail.set()
    for other in others:
        other.arrived().goes()
    crew.join()
    with pytest.raises(UnreachableError):
        first.join()
    assert engine.loads == 1
    room.close()


def test_what_is_only_warm_goes_when_an_estimate_was_too_low_and_the_load_is_tried_once_more():
    room, warm = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("warm", 2)
    greedy = Heavy("greedy", 2, errors=[OutOfMemoryError("full")])
    with room.using(warm):
        pass
    with room.using(greedy):
        assert room.loaded() == (greedy,)
    hopeless = Heavy("hopeless", 2, errors=[OutOfMemoryError("full"), OutOfMemoryError("still full")])
    with pytest.raises(OutOfMemoryError, match="still full"), room.using(hopeless):
        pass
    assert room.loaded() == ()
    with pytest.raises(OutOfMemoryError, match="alone"), room.using(Heavy("x", 2, errors=[OutOfMemoryError("alone")])):
        pass


def test_a_block_that_raises_gives_its_engine_back():
    room, engine, other = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("a", 8), Heavy("b", 8)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), room.using(engine):
            raise ZeroDivisionError
    with room.using(other):
        assert (engine.loads, engine.releases) == (1, 1)
    room.close()


def test_an_engine_that_cannot_let_go_does_not_keep_the_room_locked():
    room, engine, other = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("a", 8), Heavy("b", 8)

    def stuck():
        raise RuntimeError("driver")

    engine.release = stuck
    for each in (engine, other):
        with room.using(each):
            pass
    assert room.loaded() == (other,)
    room.close()


def test_an_engine_larger_than_the_budget_is_refused_before_it_is_loaded():
    room, engine = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("giant", 10.5)
    with pytest.raises(BadConfigurationError, match=r"giant.* 10\.5 GB on cuda:0, where 10\.0 GB"), room.using(engine):
        pass
    assert engine.loads == 0


def test_a_device_without_a_budget_has_no_limit_and_lets_engines_nest():
    room = DeviceRoom(lambda: {"cuda:0": 1})
    one, two = Heavy("a", 500, device="server"), Heavy("b", 500, device="server")
    with room.using(one), room.using(two):
        assert len(room.loaded()) == 2
    room.close()


def test_where_there_is_room_for_all_nobody_waits_for_the_slow_load_of_another_engine(crew):
    clock, loading, go_on = Clock(), threading.Event(), threading.Event()
    room, slow, quick = (
        DeviceRoom(dict, clock=clock),
        Heavy("slow", 1, device="server"),
        Heavy("q", 1, device="server"),
    )
    load = slow.load

    def load_slowly():
        loading.set()
        assert go_on.wait(SOON)
        load()

    slow.load = load_slowly
    guests = [Guest(crew, room, slow)]
    assert loading.wait(SOON)
    guests.append(Guest(crew, room, slow))
    waiting(room)
    clock.now += 1000
    guests.append(Guest(crew, room, quick).arrived())
    go_on.set()
    for guest in guests:
        guest.arrived().goes()
    crew.join()
    assert slow.loads == 1
    room.close()


def test_a_second_engine_of_a_device_inside_the_first_is_told_at_once_and_the_same_one_is_fine():
    room, one, two = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("a", 4), Heavy("b", 4)
    with room.using(one):
        with pytest.raises(RuntimeError, match=r"b@1 is asked for while .*a@1 is in use"), room.using(two):
            pass
        with room.using(one):
            pass
        room.close()
        assert one.in_memory, "the inner block gave back what the outer one still uses"
    with room.using(two):
        pass
    room.close()


def test_idle_engines_go_when_their_time_is_up_and_not_before():
    clock = Clock()
    room, engine, busy = DeviceRoom(lambda: {"cuda:0": 10 * GB}, idle_s=300, clock=clock), Heavy("a", 2), Heavy("b", 2)
    with room.using(engine):
        pass
    with room.using(busy):
        clock.now += 299
        room.release_idle()
        assert engine.in_memory
        clock.now += 1
        room.release_idle()
        assert (engine.in_memory, busy.in_memory) == (False, True)
    room.release_idle()
    assert busy.in_memory
    room.close()


def test_nobody_has_to_ask_for_idle_engines_to_go():
    room, engine = DeviceRoom(lambda: {"cuda:0": 10 * GB}, idle_s=0), Heavy("a", 2)
    for count in (1, 2):
        with room.using(engine):
            assert engine.in_memory
        wait_for(lambda: not engine.in_memory)
        assert engine.releases == count
    before = threading.active_count()
    with room.using(engine):
        threading.Event().wait(0.01)
        assert threading.active_count() <= before + 1, "a sweeper runs while nothing is idle"


def test_close_releases_what_is_warm_and_the_room_can_be_used_again():
    room, engine = DeviceRoom(lambda: {"cuda:0": 10 * GB}), Heavy("a", 2)
    for count in (1, 2):
        with room.using(engine):
            pass
        room.close()
        assert (room.loaded(), engine.releases) == ((), count)


# ---- light engines ---------------------------------------------------------------------------------------------------


def test_light_engines_are_loaded_once_and_a_bounded_number_of_threads_works_on_them(crew):
    room, engine, other = DeviceRoom(dict, side_by_side=2), Light(), Light()

    def work(mine):
        for _ in range(20):
            with room.using(mine), engine.working():
                assert mine.loaded

    for number in range(8):
        crew.start(work, (engine, other)[number % 2])
    crew.join()
    assert (engine.loads, other.loads) == (1, 1)
    assert 1 <= engine.most <= 2, "both share the same two places"


def test_light_engines_inside_each_other_and_beside_heavy_ones_never_wait_for_themselves(crew):
    room = DeviceRoom(lambda: {"cuda:0": 10 * GB}, side_by_side=1)
    one, two, heavy, other = Light(), Light(), Heavy("a", 8), Heavy("b", 8)

    def work(*engines):
        for _ in range(30):
            with ExitStack() as stack:
                for engine in engines:
                    stack.enter_context(room.using(engine))

    for engines in ((one, two), (two, one), (one, one), (heavy, one), (one, heavy), (other, two), (two, other, one)):
        crew.start(work, *engines)
    crew.join()
    room.close()


def test_a_light_engine_whose_load_or_work_fails_gives_its_place_back():
    room, engine = DeviceRoom(dict, side_by_side=1), Light()
    engine.load = lambda: 1 / 0
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), room.using(engine):
            pass
    with pytest.raises(KeyError), room.using(Light()):
        raise KeyError
    with room.using(Light()):
        pass


# ---- everything at once ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_under_stress_the_budget_holds_nobody_is_evicted_at_work_and_everybody_finishes(crew, seed):
    shelf, chance = Shelf(10 * GB), random.Random(seed)
    room = DeviceRoom(
        lambda: {"cuda:0": 10 * GB}, idle_s=chance.choice([0.0, 0.002, 300.0]), patience_s=0.001, side_by_side=2
    )
    sizes = [chance.choice([2, 3, 4, 5, 6, 8, 10]) for _ in range(3)]
    engines = [Heavy(str(number), size, shelf) for number, size in enumerate(sizes)]
    light, lock, finished = Light(), threading.Lock(), []

    def work(number):
        own = random.Random(seed * 100 + number)
        for turn in range(25):
            engine = own.choice(engines)
            if own.random() < 0.05:
                with lock:
                    engine.errors.append(UnreachableError("now and then"))
            try:
                with room.using(engine):
                    with lock:
                        engine.at_work += 1
                    assert engine.in_memory
                    if own.random() < 0.3:
                        threading.Event().wait(0.0005)
                    if own.random() < 0.2:
                        with room.using(light):
                            assert light.loaded
                    with lock:
                        engine.at_work -= 1
            except UnreachableError:
                pass
            if turn % 10 == 9:
                room.release_idle()
        finished.append(number)

    for number in range(6):
        crew.start(work, number)
    crew.join()
    assert sorted(finished) == [0, 1, 2, 3, 4, 5]
    assert 0 < shelf.most <= shelf.budget
    room.close()
    assert (shelf.taken, room.loaded(), room._waiting) == (0, (), {})
