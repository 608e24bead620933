"""`pressroom newsletter` and `pressroom rerun`: make an edition, or make it again from a step on."""

import datetime as dt
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from content.errors import BadConfigurationError
from content.values import Edition, Newsletter, Step
from pressroom.as_json import EXIT_CODES, record_as_json
from pressroom.look import edition_or_exit, tell
from pressroom.running import run_flow, use_profile
from wiring.container import container

ProfileOption = Annotated[
    str, typer.Option(help="Bundle of engines: embedded, api, open, open-8 …; default: as the newsletter says.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")]


def newsletter(
    name: Annotated[
        str, typer.Argument(metavar="[NEWSLETTER]", help="Slug in pressroom.toml; the first one if left out.")
    ] = "",
    feed: Annotated[list[str] | None, typer.Option(help="Read this feed instead; may be repeated.")] = None,
    edition_date: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Default: today, where the newsletter is.")
    ] = "",
    lookback_days: Annotated[int | None, typer.Option(min=1, max=365, help="How old an entry may be.")] = None,
    articles: Annotated[int | None, typer.Option(min=1, max=30, help="How many articles to aim at.")] = None,
    profile: ProfileOption = "",
    redo: Annotated[list[Step] | None, typer.Option(help="Compute this step again; may be repeated.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an edition: from feeds to a published page, e-mail and video."""
    use_profile(profile)
    letter = _newsletter(name, tuple(feed or ()))
    date = dt.date.fromisoformat(edition_date) if _is_date(edition_date) else None
    _make(
        letter.slug, as_json, edition_date=date, feeds=feed, lookback_days=lookback_days, articles=articles, redo=redo
    )


def rerun(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="SLUG/YYYY-MM-DD")],
    from_step: Annotated[Step | None, typer.Option("--from", help="Compute from this step on again.")] = None,
    article: Annotated[
        int | None, typer.Option(min=1, help="Only this article's steps, and the edition's own.")
    ] = None,
    profile: ProfileOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make an edition again: finished steps are reused, except those asked for."""
    use_profile(profile)
    record = edition_or_exit(edition)
    if not container().settings.profile:
        use_profile(record.newsletter.profile)
    if article and not from_step:
        from_step = Step.DRAFT
    steps = list(Step)
    redo = steps[steps.index(from_step) :] if from_step else []
    known = record.edition.newsletter in container().newsletters
    feeds = None if known and not _has_other_feeds(record.newsletter) else list(record.newsletter.feeds)
    _make(
        record.edition.newsletter,
        as_json,
        edition_date=record.edition.date,
        feeds=feeds,
        lookback_days=record.newsletter.lookback_days,
        articles=record.newsletter.articles,
        redo=redo,
        redo_article=article,
    )


def _make(slug: str, as_json: bool, **parameters: Any) -> None:
    ended = run_flow(_daily_newsletter, quiet=as_json, newsletter=slug, **parameters)
    house = container()
    edition = house.library.edition_of_run(ended.run_id)
    if edition is None:  # it failed before the edition was opened
        raise ended.cause()
    record = house.library.edition_record(edition)
    assert record is not None
    name = (ended.state.name or "").lower()
    status = name if name in EXIT_CODES else "failed"
    found = record_as_json(record, house.settings.site, status=status, run_id=ended.run_id, wall_s=ended.wall_s)
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        tell(Console(), found, reason=ended.state.message or record.reason)
    raise typer.Exit(EXIT_CODES[status])


def _daily_newsletter() -> Any:
    from flows.daily_newsletter import daily_newsletter

    return daily_newsletter


def _newsletter(name: str, feeds: tuple[str, ...]) -> Newsletter:
    house = container()
    if not name and not feeds:
        if not house.newsletters:
            raise BadConfigurationError(
                f"{house.settings.config} defines no newsletter; write one there, or give --feed URL"
            )
        name = next(iter(house.newsletters))
    return house.newsletter(name, feeds)


def _has_other_feeds(used: Newsletter) -> bool:
    return container().newsletters[used.slug].feeds != used.feeds


def _is_date(text: str) -> bool:
    if not text:
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise BadConfigurationError(f"--edition-date {text!r} is not a date; write YYYY-MM-DD") from None
    return True


__all__ = ["Edition", "newsletter", "rerun"]
