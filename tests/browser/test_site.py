"""The site and the mail as a browser sees them."""

import pytest

from content import paths

pytestmark = pytest.mark.browser

LOOKS = [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")]


def every_page(site):
    pages = [paths.HOME, "mail-en.html", "mail-zh.html"]
    for view in site.views:
        pages += [paths.newsletter_page(view.newsletter.slug), paths.edition_page(view.edition)]
        pages += [paths.video_page(view.edition)]
        pages += [paths.article_page(view.edition, article.slug) for article in view.articles[::2]]
    return pages


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_serious(browser, site, width, scheme):
    found = {}
    for page in every_page(site):
        browser.open(site.address + page, width=width, scheme=scheme)
        if violations := browser.violations():
            found[page] = violations
    assert found == {}


@pytest.mark.parametrize("width", [320, 768, 1920])
def test_nothing_scrolls_sideways(browser, site, width):
    wide = {}
    for page in every_page(site):
        browser.open(site.address + page, width=width)
        if overflow := browser.overflow():
            wide[page] = overflow
    assert wide == {}


def test_pages_ask_nobody_else_and_break_no_policy(browser, site):
    for page in every_page(site):
        browser.open(site.address + page)
        assert [url for url in browser.requested() if not url.startswith((site.address, "data:"))] == [], page
        assert [line for line in browser.complaints() if "favicon" not in line] == [], page
        assert browser.run("return [...document.images].filter(picture => !picture.naturalWidth).length") == 0, page


def test_the_colour_scheme_follows_the_reader(browser, site):
    grounds = []
    for scheme in ("light", "dark"):
        browser.open(site.address + paths.edition_page(site.views[0].edition), scheme=scheme)
        grounds.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]


def test_the_site_works_from_a_folder_on_disk(browser, site):
    view = site.views[0]
    browser.open((site.folder / paths.article_page(view.edition, view.articles[0].slug)).as_uri())
    assert browser.run("return document.images[0].naturalWidth") == 1200
    browser.run("document.querySelector('.kicker a').click()")
    browser.wait(f"return document.title.startsWith('{view.title}')")
    assert browser.run("return document.querySelectorAll('.story').length") == len(view.articles)


def test_the_keyboard_reaches_the_content_first(browser, site):
    from selenium.webdriver.common.keys import Keys

    browser.open(site.address + paths.edition_page(site.views[0].edition))
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.run("return document.activeElement.className") == "skip"
    assert browser.run("return document.activeElement.getBoundingClientRect().left") == 0
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.wait("return document.activeElement.id") == "content"
