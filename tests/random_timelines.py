"""Small timelines of all kinds for property tests, and the pictures and sounds they name."""

import functools
import wave

import numpy as np
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from content.recipes import sha256_of
from content.timeline import Caption, Card, Scene, Timeline
from content.values import AssetRef, SpokenWord

SIZES = ((128, 72), (72, 128), (96, 96))
WORDS = ("Agencies buy", "small services", "code reviews\nwithout delay", "and more")


def kept(folder, kind, data, media_type):
    digest = sha256_of(data)
    (folder / digest).write_bytes(data)
    return AssetRef(kind=kind, sha256=digest, bytes=len(data), media_type=media_type)


class Props:
    """Four pictures, a voice and a piece of music in a folder, by sha256."""

    def __init__(self, folder):
        self.folder = folder
        self.pictures = [self.picture(number) for number in range(4)]
        self.voice = self.sound("voice", 1.2, 500)
        self.music = self.sound("music", 2.5, 180)

    def picture(self, number):
        rng = np.random.default_rng(number)
        size = ((200, 120), (90, 160), (64, 64), (320, 100))[number % 4]
        grain = Image.fromarray(rng.integers(30, 225, (5, 8, 3), dtype=np.uint8))
        drawn = grain.resize(size, Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(drawn)
        draw.ellipse((size[0] // 3, size[1] // 4, size[0] // 3 + 30, size[1] // 4 + 30), fill=(240, 200, 40))
        draw.text((6, size[1] - 20), f"picture {number}", fill="white")
        path = self.folder / "drawn.png"
        drawn.save(path)
        return kept(self.folder, "cover", path.read_bytes(), "image/png")

    def sound(self, kind, seconds, pitch, level=9000):
        at = np.arange(int(seconds * 24_000)) / 24_000
        swell = (1 + np.sin(7 * at)) / 2 if kind == "voice" else 1
        samples = (np.sin(2 * np.pi * pitch * at) * swell * level).astype("<i2")
        path = self.folder / "made.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(24_000)
            file.writeframes(samples.tobytes())
        return kept(self.folder, kind, path.read_bytes(), "audio/wav")

    @functools.cached_property
    def media(self):
        return {path.name: path for path in self.folder.iterdir() if len(path.name) == 64}


def spoken(text, start_s, end_s):
    """Share a caption's time out among its words."""
    words = text.split()
    step = (end_s - start_s) / len(words)
    return tuple(
        SpokenWord(text=word, start_s=start_s + place * step, end_s=start_s + (place + 1) * step, segment=0)
        for place, word in enumerate(words)
    )


@st.composite
def timelines(draw, props, *, sizes=SIZES, longest=40):
    """Give a timeline of one to four scenes with captions; every time is a whole number of frames, as laid ones are."""
    fps = draw(st.sampled_from([10, 24, 25, 30]))
    width, height = draw(st.sampled_from(sizes))
    fade = draw(st.integers(0, 6))
    scenes, start = [], 0
    for _ in range(draw(st.integers(1, 4))):
        lasts = draw(st.integers(2 * fade + 1, 2 * fade + longest))
        scenes.append(
            Scene(
                picture=draw(st.sampled_from(props.pictures)),
                start_s=start / fps,
                duration_s=lasts / fps,
                motion=draw(st.sampled_from(["push-in", "pull-out", "pan-left", "pan-right", "still"])),
                focus=draw(st.sampled_from([(0.5, 0.5), (0.2, 0.7), (1.0, 0.0)])),
                title=draw(st.sampled_from(["", "One", "Two; with = signs"])),
                card=draw(st.sampled_from([None, Card(headline="A cover")])),
            )
        )
        start += lasts - fade
    total = start + fade
    captions, at = [], 0
    for text in draw(st.lists(st.sampled_from(WORDS), max_size=3)):
        first = at + draw(st.integers(0, 10))
        at = first + draw(st.integers(1, 20))
        if at <= total:
            words = spoken(text, first / fps, at / fps) if draw(st.booleans()) else ()
            place = {
                "burned": draw(st.sampled_from([True, True, False])),
                "at": draw(st.sampled_from(["foot", "head"])),
            }
            captions.append(Caption(text=text, start_s=first / fps, end_s=at / fps, words=words, **place))
    return Timeline(
        scenes=tuple(scenes),
        captions=tuple(captions),
        narration=props.voice,
        narration_start_s=draw(st.sampled_from([0.0, 0.1])),
        duration_s=total / fps,
        width=width,
        height=height,
        fps=fps,
        crossfade_s=fade / fps,
    )
