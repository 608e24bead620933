"""A film of a timeline file that somebody edited: its cards drawn, rendered, and what the gate is told of it.

Every word in the file is judged anew. Pictures, clips and voices that it names and nobody has judged hold the video;
music is the choice of whoever names it, as a newsletter's own is, unless it has been judged before.
"""

from typing import Any

from content.timeline_file import read_timeline
from content.values import Shape, Video, shape_of
from tasks.editions import Plan
from tasks.films import VIDEO_SIZES, render_timeline
from tasks.formats import Drawn, draw_cards
from wiring.container import container


def video_of_file(plan: Plan, file: str, shape: Shape | None = None) -> tuple[Video, dict[str, Any]]:
    """Render the timeline file with this sha256, in another format where one is given; give what it is judged by, too.

    Raises BadInputError for a file that cannot be read as a timeline.
    """
    library = container().library
    board = read_timeline(library.text(file), known=library.kept)
    if shape:
        board = board.in_size(*VIDEO_SIZES[shape])
    line = board.plan
    cards = tuple(dict.fromkeys(board.cards))
    drawn = Drawn()
    if cards:
        job = plan.job.model_copy(update={"language": line.language})
        drawn = draw_cards.submit(job, cards=cards, brand=line.brand, shape=shape_of(line.width, line.height)).result()
    picture = dict(zip(cards, drawn.pictures, strict=True))
    timeline = board.timeline([picture[card] for card in board.cards])
    video = render_timeline.submit(plan.job, timeline=timeline).result()
    others = board.shown_and_said
    if line.music and library.verdicts_for([line.music.sha256])[line.music.sha256]:
        others += (line.music,)  # what has been judged once keeps its verdict, whatever it is used for
    told = {
        "words": board.words,
        "pictures": drawn.pictures,
        "others": others,
        "spoken": board.words,
        "cuts_s": tuple(scene.start_s for scene in line.scenes),
    }
    return video, told
