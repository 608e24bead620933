"""How an edition or an article is told in a video: what is said, and over which pictures."""

from collections.abc import Sequence

from content.script import article_script, edition_script
from content.values import Article, AssetRef, Script
from tasks.editions import Plan
from tasks.studio import EditionArt


def telling_of(plan: Plan, articles: Sequence[Article], *, alone: bool = False) -> Script:
    """Write the script of a video from the articles' own sentences; `alone` tells one article at length."""
    letter, drafts = plan.newsletter, [article.draft for article in articles]
    if alone:
        return article_script(letter, drafts[0], target_s=letter.video_s)
    return edition_script(letter, plan.edition.date, drafts, target_s=letter.video_s)


def scenes_of(script: Script, articles: Sequence[Article], art: EditionArt) -> tuple[AssetRef, ...]:
    """Give the picture of every segment: the edition's cover, the covers of the stories told, the end card."""
    covers = {article.draft.headline: article.cover.scene for article in articles}
    frame = {"title": art.cover.scene, "end": art.end_card}
    return tuple(
        covers[segment.title] if segment.kind == "story" else frame[segment.kind] for segment in script.segments
    )
