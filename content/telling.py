"""From a model's typed answer to a piece in another genre, traced part by part like an article.

Parts that state something rest on passages of the sources; questions state nothing, and bring in no fact of their own.
A named person speaks only the words that a source quotes them with, in quotation marks; every other answer is nobody's.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from content.answers import (
    LONGEST_POST,
    Answer,
    HeadlinesAnswer,
    InterviewAnswer,
    PicturesAnswer,
    ProseAnswer,
    QuestionsAnswer,
    SocialAnswer,
    Turn,
    is_printed,
)
from content.composing import headline_of, repeats
from content.errors import BadAnswerError
from content.facts import untraceable
from content.foreign import impurities
from content.grounding import Cut, Fit, Ground, sentence_case
from content.scenes import scene_of
from content.sentences import is_chinese
from content.values import Brief, Genre, Part, Piece
from content.wholeness import balanced
from content.wordstems import subject_matter, weighty_words

# With fewer parts of the kind that states something, there is no piece.
_FEWEST = {Genre.SUMMARY: 2, Genre.STORY: 3, Genre.VIDEO_SCRIPT: 2, Genre.HEADLINES: 2}
_ASKS = re.compile(r"[?？][”\"」]?$")

_MAY_REPEAT = frozenset({"headline", "prompt"})

Role = Literal["sentence", "headline", "post", "narration"]
Found = Part | Cut


def piece(genre: Genre, brief: Brief, answer: Answer, ground: Ground) -> Piece:
    """Make a piece of what rests on its sources; raise BadAnswerError, naming what was cut, when too little does."""
    found = list(_parts(genre, answer, ground))
    parts, cuts = _without_repeats([each for each in found if isinstance(each, Part)], ground.language)
    cuts += [each for each in found if isinstance(each, Cut)]
    stating = [part for part in parts if part.role != "question"]
    if len(stating) < (fewest := _FEWEST.get(genre, 1)):
        raise BadAnswerError(
            f"of the {genre.value} the model wrote on “{brief.working_headline[:80]}” {len(stating)} parts can stand,"
            f" {fewest} are needed; cut: {'; '.join(map(str, cuts[:4]))}"
        )
    return Piece(
        story_id=brief.story_id,
        genre=genre,
        language="zh" if is_chinese(ground.language) else ground.language,
        title=headline_of(
            brief,
            str(getattr(answer, "title", "")),
            ground,
            otherwise=next((part.text for part in stating if part.rests_on), ""),
        ),
        parts=tuple(parts),
        cut=len(cuts),
    )


def _parts(genre: Genre, answer: Answer, ground: Ground) -> Iterator[Found]:
    match answer:
        case ProseAnswer():
            role: Role = "narration" if genre is Genre.VIDEO_SCRIPT else "sentence"
            yield from (_stated(told.text, told.sources, role, ground) for told in answer.sentences)
        case HeadlinesAnswer():
            for headline in answer.headlines:
                line = sentence_case(headline.text.strip().rstrip(".。"), ground.everything)
                yield _stated(line, headline.sources, "headline", ground)
        case SocialAnswer():
            yield from (_post(post.text, post.sources, ground) for post in answer.posts)
        case PicturesAnswer():
            for prompt in answer.prompts:
                scene = scene_of(prompt, ground)
                yield Part(role="prompt", text=scene) if scene else Cut(prompt, ("is no scene a picture may show",))
        case QuestionsAnswer() | InterviewAnswer():
            yield from _dialogue(answer, ground)
        case _:
            raise BadAnswerError(f"a {type(answer).__name__} is no {genre.value}")


def _dialogue(answer: QuestionsAnswer | InterviewAnswer, ground: Ground) -> Iterator[Found]:
    if isinstance(answer, InterviewAnswer):
        pairs = [(turn.asked, _spoken(turn, ground)) for turn in answer.turns]
    else:
        pairs = [(each.asked, _answered(each.told, each.sources, ground)) for each in answer.exchanges]
    said: set[str] = set()
    for asked, told in pairs:
        texts = {" ".join(asked.split()), told.text}
        if said & texts:
            yield Cut(asked, ("stands there already",))
        else:
            yield from _exchange(asked, told, ground)
            said |= texts


def _stated(text: str, numbers: Sequence[int], role: Role, ground: Ground) -> Found:
    fits: dict[Role, Fit] = {"post": "alone", "headline": "headline"}
    checked = ground.check(text, numbers, fits.get(role, "among"))
    return checked if isinstance(checked, Cut) else Part(role=role, text=checked.text, rests_on=checked.passages)


def _post(text: str, numbers: Sequence[int], ground: Ground) -> Found:
    # Networks count a Chinese character as two.
    length = sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in text)
    if length > LONGEST_POST:
        return Cut(text, (f"is longer than {LONGEST_POST} characters",))
    return _stated(text, numbers, "post", ground)


def _exchange(asked: str, answer: Found, ground: Ground) -> Iterator[Found]:
    """Give a question with its answer; one without the other is cut."""
    wrong = _question_faults(asked, ground)
    if isinstance(answer, Cut):
        yield answer
    elif wrong:
        yield Cut(asked, wrong)
    else:
        yield Part(role="question", text=" ".join(asked.split()))
        yield answer


def _question_faults(asked: str, ground: Ground) -> tuple[str, ...]:
    text = " ".join(asked.split())
    found = [*impurities(text), *(f"{each!r} is in no source" for each in untraceable(text, ground.everything))]
    if not is_printed(text) or not _ASKS.search(text) or not balanced(text):
        found.append("is no question")
    matter = subject_matter(text, ground.language)
    if matter & ground.barred or not matter & subject_matter(ground.everything, ground.language):
        found.append("asks about something else")
    stems, han = weighty_words()
    words = matter & stems - subject_matter(ground.everything, ground.language)
    if words or any(word in text and word not in ground.everything for word in han):
        found.append("brings in what no source says")
    return tuple(found)


def _answered(text: str, numbers: Sequence[int], ground: Ground) -> Found:
    checked = ground.check(text, numbers)
    return checked if isinstance(checked, Cut) else Part(role="answer", text=checked.text, rests_on=checked.passages)


def _spoken(turn: Turn, ground: Ground) -> Found:
    """Give an answer in a person's own words where a source quotes them, else as a sentence nobody speaks."""
    if not turn.speaker:
        return _answered(turn.told, turn.sources, ground)
    for number in turn.sources:
        claim = ground.quotation(turn.told, turn.speaker, number)
        if not isinstance(claim, Cut):
            return Part(role="answer", text=claim.text, speaker=claim.speaker, rests_on=claim.passages)
    # Put into somebody's mouth it would be an invention, even where it is true.
    return Cut(turn.told, (f"no source quotes {turn.speaker} with it",))


def _without_repeats(parts: Sequence[Part], language: str) -> tuple[list[Part], list[Cut]]:
    kept: list[Part] = []
    cuts: list[Cut] = []
    for part in parts:
        same = [other.text for other in kept if other.role == part.role]
        # A headline may say what another says, in other words; a dialogue was looked through already.
        again = part.text in same or (part.role not in _MAY_REPEAT and repeats(part.text, same, language))
        if again and part.role not in {"question", "answer"}:
            cuts.append(Cut(part.text, ("says again what was said",)))
        else:
            kept.append(part)
    return kept, cuts
