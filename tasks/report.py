"""How a run ends in the Prefect UI: a named state, and artifacts that show the edition.

A state is *Published*, *Held* or *Skipped*, all of them completed: the run did what it should.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect.artifacts import acreate_image_artifact, acreate_link_artifact, acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from content import paths
from content.publication import EditionRecord
from content.recipes import canonical_json
from content.values import AssetRef, Piece, Video
from storage.sweeping import SweepReport
from tasks import editions
from tasks.editions import Plan
from tasks.gate import Verdicts
from tasks.painting import Painted
from tasks.site import lay_out_site, place_media
from tasks.stories import Story, article_record
from wiring.container import container


async def skipped(plan: Plan, reason: str) -> State[Any]:
    """End a run that found nothing to publish."""
    editions.skip(plan, reason)
    await _summary(plan)
    return Completed(name="Skipped", message=reason)


async def held(plan: Plan, reason: str, left_out: Sequence[Story]) -> State[Any]:
    """End a run that the gate kept back."""
    editions.hold(plan, reason, [article_record(story, plan.edition) for story in left_out])
    await _summary(plan)
    return Completed(name="Held", message=reason)


async def published(plan: Plan, stories: Sequence[Story]) -> State[Any]:
    """End a run that published: lay out the site and show the edition in the Prefect UI."""
    lay_out_site(plan.edition)
    await _summary(plan)
    house = container()
    front = house.settings.site / paths.edition_page(plan.edition)
    film = house.settings.site / paths.video_page(plan.edition)
    await acreate_link_artifact(link=_address(front), link_text=f"Page of {plan.edition}", key="edition-page")
    await acreate_link_artifact(link=_address(film), link_text=f"Video of {plan.edition}", key="edition-video")
    for story in stories:
        picture = house.settings.site / paths.media(story.article.cover.wide)
        await acreate_image_artifact(
            image_url=_address(picture), key=f"cover-{story.position}", description=story.article.cover.alt
        )
    return Completed(name="Published", message=f"{len(stories)} articles: {_address(front)}")


async def article_made(story: Story, verdicts: Verdicts) -> State[Any]:
    """End a run that made one article: show it with its sources and its verdict."""
    draft, library = story.article.draft, container().library
    cited = dict.fromkeys(passage.url for claim in draft.claims for passage in claim.passages)
    numbers = {url: number for number, url in enumerate(cited, 1)}
    lines = [f"# {_cell(draft.headline)}", ""]
    for claim in draft.claims:
        marks = "".join(f" [{number}]" for number in sorted({numbers[passage.url] for passage in claim.passages}))
        lines.append(f"- {_cell(claim.text)}{marks}")
    lines += ["", *(f"{number}. {_cell(url)}" for url, number in numbers.items())]
    lines += ["", f"Gate: {'passed' if verdicts.passed else verdicts.outcome_detail}"]
    await acreate_markdown_artifact(key="article", markdown="\n".join(lines))
    kept = library.keep("draft", canonical_json(draft), "application/json")
    return Completed(name="Made" if verdicts.passed else "Held", message=f"{draft.headline} ({kept.key})")


async def piece_made(piece: Piece, kept: AssetRef, verdicts: Verdicts) -> State[Any]:
    """End a run that wrote a piece: show it with its sources and its verdict."""
    urls = dict.fromkeys(passage.url for part in piece.parts for passage in part.rests_on)
    numbers = {url: number for number, url in enumerate(urls, 1)}
    lines = [f"# {_cell(piece.title or piece.genre.value)}", ""]
    for part in piece.parts:
        cited = "".join(f" [{number}]" for number in sorted({numbers[passage.url] for passage in part.rests_on}))
        said = f"**{_cell(part.speaker)}:** " if part.speaker else ""
        lines += [f"{said}{_cell(part.text)}{cited}", ""]
    lines += [*(f"{number}. {_cell(url)}" for url, number in numbers.items()), ""]
    if piece.cut:
        lines += [f"{piece.cut} sentences were cut: the sources do not say them.", ""]
    lines.append(f"Gate: {'passed' if verdicts.passed else verdicts.outcome_detail}")
    await acreate_markdown_artifact(key="piece", markdown="\n".join(lines))
    told = f"{piece.genre.value} ({kept.key})" if verdicts.passed else verdicts.outcome_detail
    return Completed(name="Made" if verdicts.passed else "Held", message=told, data=kept.model_dump(mode="json"))


async def pictures_made(plan: Plan, painted: Painted, verdicts: Verdicts) -> State[Any]:
    """End a run that painted: place what passed the gate among the media of the site's folder, to choose from."""
    if not verdicts.passed:
        return Completed(name="Held", message=verdicts.outcome_detail)
    place_media(*painted.pictures)
    for number, (picture, alt) in enumerate(zip(painted.pictures, painted.alts, strict=True), 1):
        address = _address(container().settings.site / paths.media(picture))
        await acreate_image_artifact(image_url=address, key=f"picture-{number}", description=alt)
    return Completed(name="Made", message=f"{len(painted.pictures)} pictures for {plan.edition} · {plan.job.item}")


async def video_made(plan: Plan, video: Video, verdicts: Verdicts) -> State[Any]:
    """End a run that made one video: place it among the media of the site's folder when it passed the gate."""
    made = video.model_dump(mode="json")
    if not verdicts.passed:
        return Completed(name="Held", message=verdicts.outcome_detail, data=made)
    place_media(*video.published)
    address = _address(container().settings.site / paths.media(video.movie))
    await acreate_link_artifact(link=address, link_text=f"{plan.edition} · {plan.job.item}", key="video")
    return Completed(name="Made", message=f"{video.duration_s:.0f} s: {address}", data=made)


def swept(found: SweepReport) -> State[Any]:
    """End a run that swept."""
    return Completed(
        name="Swept", message=f"{found.orphans} orphans and {found.results} old results removed, {found.bytes} bytes"
    )


def _address(file: Path) -> str:
    """Give a site file's address: where it can be looked at, where it is public, or on this machine."""
    settings = container().settings
    address = settings.preview_url or settings.site_url
    return paths.absolute(file.relative_to(settings.site).as_posix(), address) if address else file.as_uri()


async def _summary(plan: Plan) -> None:
    record = container().library.edition_record(plan.edition)
    if record:
        await acreate_markdown_artifact(key="edition-summary", markdown=summary(record), description=f"{plan.edition}")


def summary(record: EditionRecord) -> str:
    """Describe an edition in Markdown: its state, a table of articles and verdicts, what the feeds and steps did."""
    lines = [f"# {record.edition}: {record.status}", "", record.title or record.reason, ""]
    if record.articles:
        lines += ["| # | article | sources | sentences traced | gate |", "| --- | --- | --- | --- | --- |"]
        for article in record.articles:
            gate = "passed" if article.status == "published" else f"{article.status}: {article.reason}"
            traced, sources = f"{article.claims_traced} of {article.claims}", len(article.sources)
            lines.append(f"| {article.position} | {_cell(article.headline)} | {sources} | {traced} | {_cell(gate)} |")
        lines.append("")
    lines += ["| feed | state | entries |", "| --- | --- | --- |"]
    lines += [f"| {_cell(feed.url)} | {_cell(feed.detail or feed.status)} | {feed.entries} |" for feed in record.feeds]
    mine = [step for step in record.steps if step.run_id == record.runs[-1]]
    counts = {
        outcome: sum(step.outcome == outcome for step in mine) for outcome in ("computed", "reused", "held", "failed")
    }
    lines += ["", "Steps: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) + "."]
    if used := record.usage.told:
        lines += ["", "Used: " + ", ".join(f"{name} {amount}" for name, amount in used.items()) + "."]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Make foreign text safe inside a Markdown table."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()#+!|<>~" else char for char in text).replace("\n", " ")
