"""A film's chapters: where its titled scenes begin, and how ffmpeg is told of them."""

from itertools import pairwise

from content.timeline import Timeline
from content.values import Chapter


def chapters_of(timeline: Timeline) -> tuple[Chapter, ...]:
    """Give one chapter a titled scene, each up to the next, in order; none when no scene has a title."""
    titled = sorted((scene.start_s, " ".join(scene.title.split())) for scene in timeline.scenes if scene.title.strip())
    starts = [(start_s, title) for start_s, title in titled if start_s < timeline.duration_s]
    ends = [*starts, (timeline.duration_s, "")]
    return tuple(
        Chapter(title=title, start_s=start_s, end_s=end_s)
        for (start_s, title), (end_s, _) in pairwise(ends)
        if end_s > start_s
    )


def ffmetadata(chapters: tuple[Chapter, ...]) -> str:
    """Write chapters as a file of ffmpeg's metadata format."""
    lines = [";FFMETADATA1"]
    for chapter in chapters:
        title = "".join(f"\\{character}" if character in "=;#\\" else character for character in chapter.title)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={round(chapter.start_s * 1000)}"]
        lines += [f"END={round(chapter.end_s * 1000)}", f"title={title}"]
    return "\n".join(lines) + "\n"
