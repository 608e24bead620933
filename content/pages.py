"""The site's pages, drawn from views as pure functions: one value in, one self-contained HTML document out.

A page brings its own style, runs no script and asks no other host for anything:
its content security policy allows its style by hash and pictures and video from its own site.
"""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from content import linked_data, paths
from content.errors import BadConfigurationError
from content.theme import BLACK, WHITE, Themes, readable, themes_of
from content.typeset import SANS, SERIF, columns, environment, one_line, script_json, style_sheet
from content.values import Article, Edition, Newsletter
from content.views import EditionSummary, EditionView, reading_minutes, web_address
from content.views import draft_texts as texts_of
from content.wording import Wording, clock, date_words, duration_words, language_tag, size_words, wording


def render_edition(view: EditionView) -> str:
    """Draw an edition's front page: the cover, the articles, the video, and how all of it was made."""
    return _page(
        "edition.html.j2",
        paths.edition_page(view.edition),
        view.newsletter,
        view.site_url,
        view=view,
        article_number=lambda article: view.articles.index(article) + 1,
        title=f"{view.title} · {view.newsletter.name}",
        description=view.articles[0].draft.lead.text if view.articles else view.newsletter.tagline,
        picture=view.cover,
        data=linked_data.edition_data(view),
    )


def render_article(view: EditionView, article: Article) -> str:
    """Draw one article of an edition, every sentence with its citation."""
    place = view.articles.index(article)
    references = view.references(article)
    return _page(
        "article.html.j2",
        paths.article_page(view.edition, article.slug),
        view.newsletter,
        view.site_url,
        view=view,
        article=article,
        references=references,
        more=[link for link in article.draft.further if link.url not in references],
        earlier=_earlier(view, article),
        before=view.articles[place - 1] if place else None,
        after=view.articles[place + 1] if place + 1 < len(view.articles) else None,
        number=place + 1,
        title=f"{article.draft.headline} · {view.newsletter.name}",
        description=article.draft.lead.text,
        picture=article.cover,
        kind="article",
        data=linked_data.article_data(view, article),
    )


def render_video_page(view: EditionView) -> str:
    """Draw the page of an edition's video with captions and the transcript."""
    w = wording(view.newsletter.language)
    return _page(
        "video.html.j2",
        paths.video_page(view.edition),
        view.newsletter,
        view.site_url,
        view=view,
        transcript=[line for line in view.script_text.splitlines() if line.strip()],
        title=f"{w.video}{w.colon}{view.title} · {view.newsletter.name}",
        description=w.transcript_note,
        picture=view.cover,
        kind="video.other" if view.video else "website",
        data=linked_data.video_data(view),
    )


def render_newsletter_index(newsletter: Newsletter, summaries: Sequence[EditionSummary], site_url: str = "") -> str:
    """Draw a newsletter's own page: its latest edition and the earlier ones, whatever order they come in."""
    ordered = sorted(summaries, key=lambda summary: summary.edition.date, reverse=True)
    return _page(
        "newsletter.html.j2",
        paths.newsletter_page(newsletter.slug),
        newsletter,
        site_url,
        summaries=ordered,
        title=newsletter.name,
        description=newsletter.tagline or newsletter.name,
        picture=ordered[0].cover if ordered else None,
    )


def render_home(newsletters: Sequence[tuple[Newsletter, EditionSummary | None]], site_url: str = "") -> str:
    """Draw the site's home page: every newsletter with its latest edition, if it has one.

    The first newsletter gives the page its language and its brand; each has its own accent.
    """
    if not newsletters:
        raise BadConfigurationError("a site needs at least one newsletter; write a [[newsletter]] in pressroom.toml")
    first = newsletters[0][0]
    w, themes = wording(first.language), themes_of(first.brand)
    title = first.name if len(newsletters) == 1 else w.site
    return _page(
        "home.html.j2",
        paths.HOME,
        first,
        site_url,
        more_css="\n".join(_accents(newsletter, themes) for newsletter, _ in newsletters),
        newsletters=newsletters,
        long_date_in=lambda day, language: date_words(day, language, weekday=True),
        title=title,
        description=w.comma.join(newsletter.name for newsletter, _ in newsletters),
        picture=next((summary.cover for _, summary in newsletters if summary), None),
    )


def _earlier(view: EditionView, article: Article) -> Edition | None:
    """Give the edition that ran the story before."""
    story = article.draft.update_of
    return Edition(newsletter=view.newsletter.slug, date=story.edition_date) if story else None


def _page(template: str, page: str, newsletter: Newsletter, site_url: str, more_css: str = "", **values: Any) -> str:
    w = wording(newsletter.language)
    data = values.pop("data", None)
    return (
        environment()
        .get_template(template)
        .render(
            {"kind": "website", "picture": None}
            | values
            | {
                "title": one_line(values["title"]),
                "page": page,
                "newsletter": newsletter,
                "site_url": site_url.rstrip("/"),
                "style": style_sheet(newsletter.brand, more_css),
                "themes": themes_of(newsletter.brand),
                "w": w,
                "json_ld": script_json(data) if data else Markup(""),
                "link": lambda target: paths.relative(target, page),
            }
            | _vocabulary(newsletter.language, w)
        )
    )


def _vocabulary(language: str, w: Wording) -> dict[str, Any]:
    """Give the functions that templates say things with."""
    return {
        "paths": paths,
        "web": web_address,
        "tag": language_tag,
        "date": lambda day: date_words(day, language),
        "long_date": lambda day: date_words(day, language, weekday=True),
        "duration": lambda seconds: duration_words(seconds, language),
        "clock": clock,
        "size": size_words,
        "minutes": lambda draft: reading_minutes(texts_of(draft)),
        "long": lambda title: columns(title) > 44,
        "count": lambda number: w.story if number == 1 else w.stories.format(count=number),
    }


def _accents(newsletter: Newsletter, page: Themes) -> str:
    """Give a newsletter its own accent and typeface on a page that has another one's grounds."""
    face = SERIF if newsletter.brand.typeface == "serif" else SANS
    light = readable(newsletter.brand.accent, (page.light.ground, page.light.surface), BLACK)
    dark = readable(newsletter.brand.accent, (page.dark.ground, page.dark.surface), WHITE)
    rule = f".of-{newsletter.slug}{{{{--accent:{{}};--headline:{face}}}}}"
    return f"{rule.format(light)}\n@media (prefers-color-scheme:dark){{{rule.format(dark)}}}"
