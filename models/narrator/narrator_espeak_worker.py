"""The process that holds espeak-ng: JSON in on standard input, one JSON line and raw samples out.

espeak-ng keeps its voice, its rate and its random state in globals of the library, is not thread-safe, and can hang or
crash on odd text. One short-lived process a narration makes it deterministic, and lets a deadline end it.
It is started by its path in isolated mode and imports the standard library only, so it is up in milliseconds.

In:   {"library", "data", "voice", "parameters": {number: value}, "texts": [...]}
Out:  {"rate": samples a second, "texts": [{"samples": n, "words": [[character, sample], ...]}]} and a newline,
      then 16-bit mono samples of all texts; or {"error": one line}.
"""

import ctypes
import json
import sys
from typing import Any

_SYNCHRONOUS = 2
_UTF8 = 1
_END_OF_LIST, _WORD = 0, 1


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h; `text_position` counts characters from 1, `sample` samples from the text's start."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


def speak(order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Speak each text of an order with a fresh library."""
    library = ctypes.CDLL(order["library"])
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, str(order["data"]).encode(), 0)
    if rate <= 0:
        return {"error": f"espeak-ng cannot read its data in {order['data']}"}, b""

    samples = bytearray()
    words: list[tuple[int, int]] = []

    def take(wave: int | None, count: int, events: Any) -> int:
        if wave and count > 0:
            samples.extend(ctypes.string_at(wave, count * 2))
        index = 0
        while events[index].type != _END_OF_LIST:
            if events[index].type == _WORD:
                words.append((events[index].text_position - 1, events[index].sample))
            index += 1
        return 0

    callback = _Callback(take)  # kept in a name: the library holds only its address
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(str(order["voice"]).encode()) != 0:
        return {"error": f"espeak-ng has no voice {order['voice']!r}"}, b""
    for number, value in order["parameters"].items():
        library.espeak_SetParameter(int(number), int(value), 0)

    spoken = []
    everything = bytearray()
    for text in order["texts"]:
        samples.clear()
        words.clear()
        data = text.encode("utf-8") + b"\0"
        failed = library.espeak_Synth(ctypes.c_char_p(data), ctypes.c_size_t(len(data)), 0, 0, 0, _UTF8, None, None)
        if failed or library.espeak_Synchronize():
            return {"error": f"espeak-ng refused to speak {text[:60]!r}"}, b""
        spoken.append({"samples": len(samples) // 2, "words": sorted(words)})
        everything += samples
    return {"rate": rate, "texts": spoken}, bytes(everything)


if __name__ == "__main__":
    header, audio = speak(json.load(sys.stdin.buffer))
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + audio)
