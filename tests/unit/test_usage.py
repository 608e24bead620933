"""What work used up adds up the same way wherever it is added up, and is told where there is something to tell."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from content.publication import StepRecord, usage_by_item
from content.usage import NOTHING, Usage

COUNTS = st.integers(0, 2**62)
MONEY = st.integers(0, 2**20).map(lambda n: n / 1024)  # sums of these are exact, in any order
USAGES = st.builds(
    Usage, tokens_in=COUNTS, tokens_out=COUNTS, images=COUNTS, device_s=MONEY, peak_bytes=COUNTS, cost=MONEY
)


def step(item, usage):
    return StepRecord(
        run_id="r", step="draft", item=item, outcome="computed", seconds=0, engine="", recipe="", detail="",
        started_at="2026-01-01T00:00:00Z", usage=usage,
    )  # fmt: skip


@given(USAGES, USAGES, USAGES)
def test_order_does_not_matter_and_nothing_adds_nothing(one, two, three):
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + NOTHING == one
    assert (one + two).peak_bytes == max(one.peak_bytes, two.peak_bytes)


@pytest.mark.parametrize("field", Usage.model_fields)
def test_less_than_nothing_cannot_be_used(field):
    with pytest.raises(ValueError, match=field):
        Usage(**{field: -1})


@given(st.lists(st.tuples(st.sampled_from(["article-1", "article-11", "article-2", "feed-3", "edition"]), USAGES)))
def test_items_add_up_to_the_whole_and_articles_come_first_by_number(pairs):
    found = usage_by_item([step(item, usage) for item, usage in pairs])
    assert sum(found.values(), NOTHING) == sum((usage for _, usage in pairs), NOTHING)
    order = ["article-1", "article-2", "article-11", "feed-3", "edition"]
    assert list(found) == [item for item in order if item in dict(pairs)]


def test_only_what_is_not_zero_is_told():
    assert NOTHING.told == {}
    assert Usage(tokens_in=12345, device_s=1.25, peak_bytes=3 << 29).told == {
        "tokens in": "12,345",
        "device time": "1.2 s",
        "peak memory": "1.50 GB",
    }


def test_a_person_sees_a_table_only_where_something_was_used():
    from pressroom.look import tell

    def shown(all_of_it, of_the_first):
        out = io.StringIO()
        article = {"status": "published", "reason": "", "headline": "H", "sources": [], "claims": 1}
        found = {
            "edition": {"newsletter": "n", "date": "2026-01-01", "status": "held", "usage": all_of_it.model_dump()},
            "articles": [
                {**article, "number": 1, "claims_traced": 1, "usage": of_the_first.model_dump()},
                {**article, "number": 2, "claims_traced": 1, "usage": NOTHING.model_dump()},
            ],
            "feeds": [],
            "steps": [],
            "wall_s": 1.0,
            "engine_s": 0.0,
        }
        tell(Console(file=out, width=120), found)
        return out.getvalue()

    assert "used" not in shown(NOTHING, NOTHING)
    told = shown(Usage(tokens_in=3000, images=2, cost=0.5), Usage(tokens_in=1000))
    table = [line.split() for line in told[told.index("used") :].splitlines()]
    assert table == [
        ["used", "tokens", "in", "images", "cost"],
        ["article", "1", "1,000"],
        ["all", "3,000", "2", "0.5000"],
    ]
