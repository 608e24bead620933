"""How an edition or an article is told in a video: what is said."""

from collections.abc import Sequence

from content.script import article_script, edition_script
from content.values import Article, Script
from tasks.editions import Plan


def telling_of(plan: Plan, articles: Sequence[Article], *, alone: bool = False) -> Script:
    """Write the script of a video from the articles' own sentences; `alone` tells one article at length."""
    letter, drafts = plan.newsletter, [article.draft for article in articles]
    if alone:
        return article_script(letter, drafts[0], target_s=letter.video_s)
    return edition_script(letter, plan.edition.date, drafts, target_s=letter.video_s)
