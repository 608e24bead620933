"""A renderer kept simple on purpose: every pixel from the definition, in floats, with nothing shared, cached or fast.

It shares with the house's own only the camera's path (`zoom_of`, `window_of`) and the pictures of the captions.
"""

import cv2
import numpy as np
from PIL import Image

from content.pieces import frames_of_caption, frames_of_scene
from models.assembler.caption_patches import caption_patch
from models.assembler.planes import split
from models.assembler.scene_frames import _eased, _scale, window_of, zoom_of
from models.assembler.scene_pictures import cover
from models.illustrator.typefaces import Typecase


def reference_luma(timeline, media, number):
    """Give frame `number`'s luma as floats, (H, W)."""
    shown = [
        (scene, *frames_of_scene(scene, timeline.fps))
        for scene in timeline.scenes
        if frames_of_scene(scene, timeline.fps)[0] <= number < frames_of_scene(scene, timeline.fps)[1]
    ][-2:]
    light = scene_luma(timeline, media, *shown[-1], number)
    if len(shown) == 2:
        share = (number - shown[1][1] + 1) / (shown[0][2] - shown[1][1] + 1)
        eased = share * share * (3 - 2 * share)
        light = (1 - eased) * scene_luma(timeline, media, *shown[0], number) + eased * light
    for caption in timeline.captions:
        first, end = frames_of_caption(caption, timeline.fps)
        if caption.burned and first <= number < end:
            begun = sum(word.start_s * timeline.fps <= number + 0.5 + 1e-4 for word in caption.words)
            word = max(0, begun - 1) if caption.words else None
            patch = caption_patch(caption, timeline, Typecase(), word=word)
            height, width = patch.inks[0].shape
            part = light[patch.y : patch.y + height, patch.x : patch.x + width]
            part[:] = (part * patch.under[0] + patch.inks[0]) / 255
            break
    return light


def scene_luma(timeline, media, scene, start, end, number):
    seen = (timeline.width, timeline.height)
    size = tuple(round(side * _scale(scene) / 4) * 4 for side in seen)
    with Image.open(media[scene.picture.sha256]) as picture:
        box, focus = cover(picture.size, size, scene.focus)
        still = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.LANCZOS, box=box), float)
    way = _eased((number - start) / max(1, end - start - 1))
    if scene.motion in {"push-in", "pull-out"}:
        centre, pivot, farthest = zoom_of(size, seen, focus)
        scale = farthest / (1 + (farthest - 1) * (way if scene.motion == "push-in" else 1 - way))
        left, top = (centre[axis] - pivot[axis] * scale for axis in (0, 1))
        step = (scale, scale)
    else:
        left, top, right, bottom = window_of(scene, way, size, seen)
        step = ((right - left) / seen[0], (bottom - top) / seen[1])
    luma = 16 + 219 / 255 * (still @ [0.2126, 0.7152, 0.0722])
    x = np.clip(left + (np.arange(seen[0]) + 0.5) * step[0] - 0.5, 0, size[0] - 1)
    y = np.clip(top + (np.arange(seen[1]) + 0.5) * step[1] - 0.5, 0, size[1] - 1)
    return between(between(luma, y).T, x).T


def between(rows, at):
    """Give what lies between whole rows."""
    first = np.minimum(at.astype(int), len(rows) - 2)
    share = (at - first)[:, None]
    return rows[first] * (1 - share) + rows[first + 1] * share


def luma_of(frame):
    return split(frame)[0].astype(float)


def ssim(one, other):
    """Give the structural similarity of two luma planes (Wang et al. 2004, 11 × 11 Gaussian window)."""
    one, other = np.asarray(one, float), np.asarray(other, float)

    def blurred(plane):
        return cv2.GaussianBlur(plane, (11, 11), 1.5)

    a, b = blurred(one), blurred(other)
    aa, bb, ab = blurred(one * one) - a * a, blurred(other * other) - b * b, blurred(one * other) - a * b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(np.mean((2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2))))
