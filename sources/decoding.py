"""Undo gzip and deflate while bytes arrive, and stop the moment they turn out to be a bomb.

At no time is more than the limit, plus one piece, held in memory.
"""

import zlib

_PIECE = 64 * 1024
_GZIP_MAGIC = 0x1F
_RATIO_MATTERS_FROM = 1024 * 1024
"""Short texts may compress as well as they like: a bomb is something that gets large."""


class Bomb(Exception):  # noqa: N818 - it never leaves sources/; the fetcher turns it into a BadInputError
    """The body is larger, denser or more broken than a document is; the message completes "URL …"."""


class Decoder:
    """Decodes one body. `encoding` is the Content-Encoding header."""

    def __init__(self, encoding: str, max_bytes: int, max_ratio: int) -> None:
        names = [name.strip() for name in encoding.lower().split(",") if name.strip() not in {"", "identity"}]
        if names not in ([], ["gzip"], ["x-gzip"], ["deflate"]):
            raise Bomb(f"is encoded as {encoding[:40]!r}, which was not asked for")
        self._encoding = names[0] if names else ""
        self._max_bytes = max_bytes
        self._max_ratio = max_ratio
        self._received = 0
        self._decoded = bytearray()
        self._zlib: zlib._Decompress | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes off the wire. Raise Bomb."""
        self._received += len(chunk)
        if not self._encoding:
            self._keep(chunk)
            return
        try:
            self._inflate(chunk)
        except zlib.error:
            raise Bomb(f"is said to be {self._encoding} but is not") from None

    def finish(self) -> bytes:
        """Give the whole body. Raise Bomb when the compressed stream stopped short."""
        if self._zlib is not None and not self._zlib.eof:
            raise Bomb(f"broke off in the middle of its {self._encoding} stream")
        return bytes(self._decoded)

    def _inflate(self, chunk: bytes) -> None:
        while chunk:
            if self._zlib is None or self._zlib.eof:
                if self._zlib is not None and (self._encoding == "deflate" or chunk[0] != _GZIP_MAGIC):
                    return  # padding after the end, which browsers pass over too
                self._zlib = zlib.decompressobj(_window(self._encoding, chunk))
            piece = self._zlib.decompress(chunk, _PIECE)
            self._keep(piece)
            # A full piece may have more behind it although all input is consumed.
            while len(piece) == _PIECE and not self._zlib.eof:
                piece = self._zlib.decompress(self._zlib.unconsumed_tail, _PIECE)
                self._keep(piece)
            chunk = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail

    def _keep(self, data: bytes) -> None:
        self._decoded += data
        size = len(self._decoded)
        if size > self._max_bytes:
            raise Bomb(f"is larger than {self._max_bytes} bytes")
        if size > _RATIO_MATTERS_FROM and size > self._received * self._max_ratio:
            raise Bomb(f"unpacks to more than {self._max_ratio} times its size")


def _window(encoding: str, head: bytes) -> int:
    """Choose zlib's window argument; "deflate" is zlib by the RFC and raw in some servers' hands."""
    if encoding != "deflate":
        return 16 + zlib.MAX_WBITS
    is_zlib = len(head) > 1 and head[0] & 0x0F == 8 and (head[0] << 8 | head[1]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
