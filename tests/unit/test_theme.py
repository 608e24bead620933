from hypothesis import given
from hypothesis import strategies as st

from content.theme import contrast, mix, themes_of
from content.values import Brand

colours = st.from_regex(r"\A#[0-9a-fA-F]{6}\Z")
brands = st.builds(Brand, ink=colours, paper=colours, accent=colours, support=colours)


@given(brands)
def test_every_text_is_legible_on_every_ground_whatever_the_brand(brand):
    themes = themes_of(brand)
    for theme in (themes.light, themes.dark):
        for ground in (theme.ground, theme.surface):
            assert contrast(theme.ink, ground) >= 7
            assert min(contrast(text, ground) for text in (theme.muted, theme.accent, theme.support)) >= 4.5
        assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(themes.light.ground, themes.dark.ground) > 10


def test_a_brand_that_is_legible_already_keeps_its_colours():
    brand = Brand(accent="#9b1c31")
    assert themes_of(brand).light.accent == brand.accent
    assert themes_of(brand).light.ground == brand.paper


def test_contrast_is_that_of_the_standard():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@given(colours)
def test_mixing_a_colour_with_itself_gives_it_back(colour):
    assert mix(colour, colour, 0.5) == colour.lower()
