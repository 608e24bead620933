import numpy as np
import pytest

from content.clustering import CLOSENESS, Closeness, copies, cosines, shingles, stories

CLOSENESS_HERE = Closeness(same_story=0.6, same_publisher=0.9, apart=0.4, twins=0.95, remembered=0.6, akin=0.5)
TEXT = "The harbour board voted on Tuesday to rebuild the north pier before winter, with a crane on loan from the yard."


def matrix(pairs: dict[tuple[int, int], float], count: int) -> np.ndarray:
    similar = np.eye(count)
    for (one, other), cosine in pairs.items():
        similar[one, other] = similar[other, one] = cosine
    return similar


def test_reports_as_near_as_the_threshold_are_one_story_and_farther_ones_are_not():
    similar = matrix({(0, 1): 0.6, (0, 2): 0.59}, 3)
    assert stories(similar, ["a", "b", "c"], CLOSENESS_HERE) == [[0, 1], [2]]


def test_two_posts_of_one_publisher_need_to_be_much_nearer():
    assert stories(matrix({(0, 1): 0.8}, 2), ["a", "a"], CLOSENESS_HERE) == [[0], [1]]
    assert stories(matrix({(0, 1): 0.9}, 2), ["a", "a"], CLOSENESS_HERE) == [[0, 1]]


def test_a_report_between_two_stories_does_not_chain_them():
    similar = matrix({(0, 1): 0.95, (1, 2): 0.95, (0, 2): 0.3}, 3)
    assert all(not {0, 2} <= set(story) for story in stories(similar, ["a", "b", "c"], CLOSENESS_HERE))


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare_is_no_special_case(count):
    assert stories(np.eye(count), ["a"] * count, CLOSENESS_HERE) == [[at] for at in range(count)]


def test_a_syndicated_text_is_a_copy_although_its_ending_was_cut():
    texts = [TEXT + " Work begins in May and the road stays open.", TEXT, "A bakery opened its doors at dawn."]
    assert copies(texts, matrix({(0, 1): 0.9, (0, 2): 0.7}, 3), CLOSENESS_HERE) == [[0, 1], [2]]


def test_two_accounts_in_their_own_words_are_no_copies_however_near_their_vectors():
    texts = [TEXT, "North pier work goes ahead: members of the board gave their consent this week after long talks."]
    assert copies(texts, matrix({(0, 1): 0.99}, 2), CLOSENESS_HERE) == [[0], [1]]


def test_shingles_see_through_case_width_and_spacing():
    assert shingles("The  North Pier, reopens ON Tuesday") == shingles("the north pier reopens on\ntuesday")
    assert shingles("北防波堤周二开放") == shingles("北防波堤，周二 开放")
    assert shingles(" … ") == frozenset()


def test_cosines_do_not_hang_on_the_last_bits():
    rows = np.array([[0.6, 0.8], [0.8, 0.6]], dtype=np.float32)
    assert (cosines(rows, rows) == cosines(rows + np.float32(1e-7), rows)).all()


def test_every_embedder_has_thresholds_in_a_sensible_order():
    for closeness in CLOSENESS.values():
        assert 0 < closeness.apart < closeness.same_story < closeness.same_publisher < closeness.twins < 1
        assert closeness.akin <= closeness.remembered
