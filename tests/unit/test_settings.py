"""Settings and newsletter definitions: documented defaults, and errors that name the key."""

from pathlib import Path

import pytest

from content.errors import BadConfigurationError
from content.values import Newsletter
from wiring.container import Container
from wiring.settings import Settings, load_newsletters, load_settings, newsletter_of_feeds


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "pressroom.toml"
    file.write_text(text, "utf-8")
    return file


def test_every_setting_has_a_default_and_says_what_it_is():
    for name, field in Settings.model_fields.items():
        assert not field.is_required(), name
        assert field.description, name


def test_state_lives_under_home_unless_urls_say_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("PRESSROOM_HOME", str(tmp_path))
    settings = load_settings()
    assert settings.database == f"sqlite:///{tmp_path}/pressroom.db"
    assert settings.storage == tmp_path.joinpath("objects").as_uri()
    monkeypatch.setenv("PRESSROOM_STORAGE_URL", "s3://bucket/prefix")
    assert load_settings().storage == "s3://bucket/prefix"


def test_private_hosts_are_a_comma_separated_list(monkeypatch):
    monkeypatch.setenv("PRESSROOM_ALLOWED_PRIVATE_HOSTS", "127.0.0.1, intranet.example:8080,")
    assert load_settings().allowed_private_hosts == ("127.0.0.1", "intranet.example:8080")


def test_a_setting_that_cannot_be_used_is_named(monkeypatch):
    monkeypatch.setenv("PRESSROOM_WORKERS", "many")
    with pytest.raises(BadConfigurationError, match="PRESSROOM_WORKERS"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[newsletters.a]\nname = 'A'", r"\[newsletters.a\] feeds: Field required"),
        ("[newsletters.a]\nname = 'A'\nfeeds = ['http://f.example/']\ncolour = 1", r"\[newsletters.a\] colour"),
        ("[newsletters.a]\nname = 'A'\nfeeds = ['http://f.example/']\ntimezone = 'Mars/Olympus'", "Mars/Olympus"),
        ("[newsletters.a]\nname = 'A'\nfeeds = ['http://f.example/']\narticles = 99", r"articles"),
        ("[newsletters.a]\nname = 'A'\nfeeds = ['http://f.example/']\npress_pack = 'nowhere'", "press_pack"),
        ("[newsletters.a]\nname = 'A'\nfeeds = ['http://f.example/']\nschedule = 'daily'", "schedule"),
        ("[newsletters.A_B]\nname = 'A'\nfeeds = ['http://f.example/']", "slug"),
        ("[newsletter.a]\nname = 'A'", "unknown table 'newsletter'"),
        ("[newsletters.a", "cannot be read"),
    ],
)
def test_a_definition_that_cannot_be_used_names_the_file_and_the_key(tmp_path, text, named):
    file = write(tmp_path, text)
    with pytest.raises(BadConfigurationError, match=named) as caught:
        load_newsletters(file)
    assert str(file) in str(caught.value)


def test_no_file_means_no_newsletters(tmp_path):
    assert load_newsletters(tmp_path / "pressroom.toml") == {}


def test_every_key_of_a_newsletter_but_the_obvious_is_described():
    obvious = {"slug", "name", "tagline", "language", "feeds", "timezone", "profile", "brand"}
    for name, field in Newsletter.model_fields.items():
        assert name in obvious or field.description, name


def test_feeds_alone_make_a_newsletter_named_after_their_host():
    letter = newsletter_of_feeds(("http://www.blog.example/feed.xml",))
    assert (letter.slug, letter.name) == ("blog-example", "blog.example")
    again = newsletter_of_feeds(letter.feeds, letter.slug)
    assert again == letter


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765"])
def test_no_masthead_is_an_address_of_this_machine(host):
    letter = newsletter_of_feeds((f"http://{host}/feed.xml",))
    assert letter.name == "Pressroom"
    assert newsletter_of_feeds(letter.feeds, letter.slug) == letter


def test_feeds_under_a_slug_of_its_own_make_a_newsletter_of_that_name():
    assert newsletter_of_feeds(("http://blog.example/feed.xml",), "civic-digest").name == "Civic Digest"


def test_an_unknown_newsletter_is_an_error_that_lists_the_known_ones(house: Container):
    with pytest.raises(BadConfigurationError, match="harbour-morning"):
        house.newsletter("harbor-morning")


def test_other_feeds_replace_the_press_pack_too(house: Container):
    letter = house.newsletter("harbour-morning", ("http://elsewhere.example/feed.xml",))
    assert letter.feeds == ("http://elsewhere.example/feed.xml",)
    assert letter.press_pack == ""
