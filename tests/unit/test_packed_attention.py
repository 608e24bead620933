"""Packed attention is plain attention, request by request."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention as plain

from models.completer.packed_attention import packed_attention

HEADS, GROUPS, WIDTH = 4, 2, 8


class _Cache:
    """Gives keys as transformers' paged cache does: packed, or in pages that lie anywhere."""

    PAGE = 4

    def __init__(self, keys, values, whole, *, paged):
        self.index, self.layer_to_allocator = 0, {0: self}
        self.layer_type = "full_attention" if paged else "sliding_attention"
        self.packed, self.whole = (keys, values), whole
        needed = [-(-length // self.PAGE) for length in whole]
        order = torch.randperm(sum(needed) + 3).tolist()
        self.read_index = torch.empty(sum(whole), dtype=torch.int64)
        self.pages = [torch.full((sum(needed) + 3, self.PAGE, GROUPS, WIDTH), torch.nan) for _ in range(2)]
        at = 0
        for length, pages in zip(whole, needed, strict=True):
            begins = [order.pop() * self.PAGE for _ in range(pages)]
            for token in range(length):
                place = begins[token // self.PAGE] + token % self.PAGE
                self.read_index[at] = place
                for pages_of, packed in zip(self.pages, self.packed, strict=True):
                    pages_of.view(-1, GROUPS, WIDTH)[place] = packed[0, :, at]
                at += 1

    def get_cache_for_block_table(self, layer):
        return self.pages

    def update(self, key, value, layer, kwargs):
        kwargs["cu_seq_lens_k"] = kwargs["cu_seq_lens_k"][self.layer_type]
        return self.packed


def starts(lengths):
    return torch.tensor([0, *lengths]).cumsum(0).to(torch.int32)


def attend(requests, *, window=None, padding=0, paged=False):
    """Attend for requests of (new tokens, old tokens), packed and one by one with a mask over everything."""
    torch.manual_seed(len(requests))
    new, whole = [new for new, _ in requests], [new + old for new, old in requests]
    query = torch.randn(1, HEADS, sum(new) + padding, WIDTH)
    keys, values = torch.randn(2, 1, GROUPS, sum(whole), WIDTH)
    cache = _Cache(keys, values, whole, paged=paged)
    found, _ = packed_attention(
        SimpleNamespace(layer_idx=0),
        query,
        keys,
        values,
        None,
        scaling=0.3,
        sliding_window=window,
        cache=cache,
        cu_seq_lens_q=starts(new),
        cu_seq_lens_k={cache.layer_type: starts(whole)},
        read_index=[cache.read_index],
        write_index=[],
        max_length_q=max(new),
        max_length_k=max(whole),
    )
    allowed = torch.zeros(sum(new), sum(whole), dtype=torch.bool)
    for q, k, length, keys_of in zip(starts(new), starts(whole), new, whole, strict=False):
        for row in range(length):
            last = keys_of - length + row
            first = max(last - window + 1, 0) if window else 0
            allowed[q + row, k + first : k + last + 1] = True
    wide_keys, wide_values = (each.repeat_interleave(HEADS // GROUPS, dim=1) for each in (keys, values))
    wanted = plain(query[:, :, : sum(new)], wide_keys, wide_values, attn_mask=allowed, scale=0.3).transpose(1, 2)
    return found, wanted


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 12)), min_size=1, max_size=5),
    st.sampled_from([None, 3, 6]),
    st.booleans(),
)
def test_each_request_sees_its_own_keys_up_to_itself_and_no_others(requests, window, paged):
    found, wanted = attend(requests, window=window, paged=paged)
    assert torch.allclose(found, wanted, atol=1e-5)


def test_padding_behind_the_last_request_is_left_alone():
    found, wanted = attend([(1, 5), (3, 0)], padding=4)
    assert found.shape[1] == wanted.shape[1] + 4
    assert torch.allclose(found[:, :4], wanted, atol=1e-5)


@pytest.mark.parametrize("special", ["softcap", "s_aux"])
def test_attention_it_does_not_know_is_refused(special):
    with pytest.raises(ValueError, match="attention=eager"):
        packed_attention(None, None, None, None, None, **{special: 1.0})
