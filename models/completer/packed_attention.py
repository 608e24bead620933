"""Attention over requests that lie packed one behind the other: each reads its own keys and nobody else's.

transformers' paged SDPA multiplies every query of a batch with every key of it and masks nearly all of that away,
so its cost grows with the square of the batch. Here a batch of N costs as much as its N requests:
one flash kernel for all on CUDA devices that have it (it comes with torch), one SDPA call a request elsewhere.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

NAME: Final = "pressroom_packed"
"""What transformers knows this attention by."""


def register() -> str:
    """Make this attention known to transformers and give its name."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, packed_attention)
    return NAME


def packed_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    *,
    scaling: float | None = None,
    sliding_window: int | None = None,
    cache: Any = None,
    **kwargs: Any,
) -> tuple[Any, None]:
    """Attend: (1, H, Tq, D) queries, (1, G, Tq, D) new keys and values → (1, Tq, H, D).

    The paged cache has the keys and values from before; `cu_seq_lens_q` and `cu_seq_lens_k` say where requests begin.
    """
    import torch

    del attention_mask
    if kwargs.get("softcap") is not None or kwargs.get("s_aux") is not None:
        raise ValueError("attention with a soft cap or sinks is not packed here; set the option attention=eager")
    if _has_kernel(query):
        key, value = cache.update(key, value, module.layer_idx, kwargs)
        return _by_kernel(query, key, value, scaling, sliding_window, kwargs)
    parts = [
        _one(query[:, :, span], own_key, own_value, scaling, sliding_window)
        for span, own_key, own_value in _each(module.layer_idx, key, value, cache, kwargs)
    ]
    joined = torch.cat(parts, dim=2)
    if joined.shape[2] < query.shape[2]:  # batches of fixed sizes are padded, and nobody reads the padding
        joined = torch.nn.functional.pad(joined, (0, 0, 0, query.shape[2] - joined.shape[2]))
    return joined.transpose(1, 2), None


def _by_kernel(
    query: Any, key: Any, value: Any, scaling: float | None, window: int | None, kwargs: dict[str, Any]
) -> tuple[Any, None]:
    from torch.nn.attention.varlen import varlen_attn

    kernel: Any = varlen_attn
    found = kernel(
        *(each[0].transpose(0, 1) for each in (query, key, value)),  # (T, heads, D)
        kwargs["cu_seq_lens_q"],
        kwargs["cu_seq_lens_k"],
        kwargs["max_length_q"],
        kwargs["max_length_k"],
        scale=scaling,
        window_size=(window - 1 if window else -1, 0),
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return found.unsqueeze(0), None


def _each(layer: int, key: Any, value: Any, cache: Any, kwargs: dict[str, Any]) -> Iterator[tuple[slice, Any, Any]]:
    """Write the new keys and values; give each request's span of queries, and all of its keys and values.

    One request's are read whole pages at a time and used while they are still in the processor's cache:
    reading those of all at once, token by token, takes longer than attending to them does.
    """
    allocator = cache.layer_to_allocator[layer]
    read = kwargs["read_index"][allocator.index]
    paged = allocator.layer_type == "full_attention" and read.numel() > 0
    if paged:
        cache.update(key, value, layer, kwargs | {"read_index": [each[:0] for each in kwargs["read_index"]]})
        starts_k = kwargs["cu_seq_lens_k"][allocator.layer_type]
        pages = allocator.get_cache_for_block_table(layer)  # (P, page, G, D) each
        page = pages[0].shape[1]
    else:  # a sliding window's cache is a ring, and without one there is nothing to read
        key, value = cache.update(key, value, layer, kwargs)
        starts_k = kwargs["cu_seq_lens_k"]
    spans = zip(pairwise(kwargs["cu_seq_lens_q"].tolist()), pairwise(starts_k.tolist()), strict=True)
    for (start, end), (first, last) in spans:
        if start == end:
            continue
        if paged:
            rows = read[first:last:page] // page
            own = [
                each.index_select(0, rows).flatten(0, 1)[: last - first].transpose(0, 1).unsqueeze(0) for each in pages
            ]
        else:
            own = [key[:, :, first:last], value[:, :, first:last]]
        yield slice(start, end), own[0], own[1]


def _one(query: Any, key: Any, value: Any, scaling: float | None, window: int | None) -> Any:
    """Attend for one request, the last query at the last key: (1, H, Q, D), (1, G, K, D) → (1, H, Q, D)."""
    import torch

    _, heads, length, width = query.shape
    groups, keys = key.shape[1], key.shape[2]
    attend = torch.nn.functional.scaled_dot_product_attention
    if length == 1 and not (window and keys > window):
        # The queries of a group's heads stand in a row before the keys they share.
        together = query.view(1, groups, heads // groups, width)
        return attend(together, key, value, scale=scaling).view(1, heads, 1, value.shape[-1])
    if heads != groups:
        key, value = (each.repeat_interleave(heads // groups, dim=1) for each in (key, value))
    allowed = torch.ones(length, keys, dtype=torch.bool, device=query.device).tril(keys - length)
    if window:
        allowed = allowed.triu(keys - length - window + 1)
    return attend(query, key, value, attn_mask=allowed, scale=scaling)


def _has_kernel(query: Any) -> bool:
    import torch

    return (
        query.is_cuda
        and query.dtype in {torch.float16, torch.bfloat16}
        and query.shape[-1] <= 256
        and torch.cuda.get_device_capability(query.device) >= (8, 0)
        and torch.version.hip is None
    )
