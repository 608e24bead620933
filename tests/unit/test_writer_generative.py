"""The generative writer: typed answers, attempts, shares and genres, over scripted, minimal and random completers."""

import json
import random

import jsonschema
import pytest
from llguidance import LLMatcher, LLTokenizer
from press_packs import brief_of, texts

from content.answers import ANSWERS, answer_schema, read_answer
from content.errors import BadAnswerError, BadConfigurationError, BadInputError, OverBudgetError, ThrottledError
from content.recipes import EngineIdentity
from content.tracing import trace
from content.values import Genre, Voice
from models.fakes.fakes import FakeCompleter
from models.naming import EngineName
from models.protocols import Engine, Order
from models.writer.writer_generative import ATTEMPTS, WriterGenerative, derived

FERRY = (
    "pellmouth-courier.example/stories/sorrel-ferry-goes-electric.html",
    "radio-pell.example/stories/electric-ferry-contract-signed.html",
)
FERRY_HAN = (
    "xichuan-daily.example/stories/dianchuan-ludao-hangxian.html",
    "haifeng-notes.example/stories/dongwan-chuanchang-jiedan.html",
)
LEAD = "The Sorrel Island ferry will run on batteries alone from next spring, after a £6.8 million conversion."
POINTS = (
    ("The Sorrel Maid carried 410,000 people last year.", 2),
    ("Charging arms on both piers will top up the battery for nine minutes at each turnaround.", 1),
    ("The town pier needs a grid connection of 2.2 megawatts.", 2),
)


def answered(lead=LEAD, points=POINTS, quotations=(), headline="Sorrel Island ferry will run on batteries", picture=""):
    return json.dumps(
        {
            "headline": headline,
            "lead": {"text": lead, "sources": [1]},
            "points": [{"text": text, "sources": [number]} for text, number in points],
            "quotations": list(quotations),
            "picture": picture or "An electric ferry at a small island pier in morning light",
        }
    )


def written(*answers, names=FERRY, share=0.7, seed=0, **changes):
    completer = FakeCompleter()
    completer.enqueue(*answers)
    brief, found = brief_of(*names, headline="Sorrel Island ferry to run on batteries from next spring", **changes)
    language = brief.sources[0].language
    draft = WriterGenerative(completer).write(
        brief, found, voice=Voice(language=language), max_source_share=share, seed=seed
    )
    return draft, completer, brief, found


def asked(writer, genre, brief, found, *, seed):
    if genre == "article":
        return writer.write(brief, found, voice=Voice(), max_source_share=0.7, seed=seed)
    return writer.tell(genre, brief, found, voice=Voice(), seed=seed)


# ---- the article -----------------------------------------------------------------------------------------------------


def test_an_article_holds_what_rests_on_its_sources():
    draft, completer, brief, found = written(answered())
    assert draft.lead.text == LEAD
    assert [claim.wording for claim in draft.claims] == ["own"] * 4
    assert draft.headline == "Sorrel Island ferry will run on batteries"
    assert draft.picture == "An electric ferry at a small island pier in morning light"
    assert [link.url for link in draft.further] == [entry.url for entry in brief.sources]
    assert (draft.why_now, draft.language, draft.story_id) == (brief.why_now, "en", brief.story_id)
    assert trace(draft, found, brief).complete
    assert len(completer.history) == 1


def test_a_lead_that_is_cut_gives_way_to_the_first_point():
    draft, *_ = written(answered(lead="The Sorrel Island ferry will run on hydrogen alone from next spring."))
    assert draft.lead.text == POINTS[0][0]
    assert draft.lead.role == "lead"
    assert len(draft.points) == 2


def test_a_headline_that_does_not_hold_gives_way_to_the_briefs():
    draft, *_ = written(answered(headline="Sorrel Island ferry will run on nuclear power"))
    assert draft.headline == "Sorrel Island ferry to run on batteries from next spring"


def test_a_quotation_is_printed_as_the_source_has_it():
    words = "A ferry with no cable is a very expensive raft, so the cable comes first"
    said = {"words": words, "speaker": "Hugh Pemberley-Oake", "source": 2}
    draft, _, brief, found = written(answered(quotations=[said]))
    assert draft.quotation.wording == "source"
    assert draft.quotation.speaker.endswith("Hugh Pemberley-Oake")
    assert trace(draft, found, brief).complete
    for lie in ({"speaker": "Rosalind Achterberg"}, {"source": 1}, {"words": "A ferry with no cable is a joke, so"}):
        draft, *_ = written(answered(quotations=[said | lie]))
        assert draft.quotation is None


@pytest.mark.parametrize(
    "picture",
    [
        "Councillor Hugh Pemberley-Oake on the ferry deck at dusk",
        "A ferry with the words Free Cash on its side",
        "A ferry with a sign that reads welcome, at dusk",
        "A ferry, see evil.example for more of it",
        "A <b>ferry</b> at a small island pier",
        "A naked man on a ferry at a small pier",
        "Twelve thousand dragons over a volcano",
        "1234 5678 9",
    ],
)
def test_a_scene_that_names_spells_or_strays_is_left_out(picture):
    assert written(answered(picture=picture))[0].picture == ""


def test_three_attempts_with_seeds_of_their_own_then_a_bad_answer():
    nonsense = answered(lead="Dragons ate the moon.", points=[("Dragons ate the moon again.", 1)] * 2)
    draft, completer, *_ = written(nonsense, "{}", answered(), seed=5)
    assert draft.lead.text == LEAD
    assert [question.temperature for question in completer.history] == [0.3, 0.6, 0.8]
    assert len({derived(5, attempt) for attempt in range(ATTEMPTS)}) == ATTEMPTS
    assert derived(5, 0) == 5
    with pytest.raises(BadAnswerError, match=r"Dragons ate the moon.*rerun it with --redo draft"):
        written(nonsense, BadAnswerError("cut off"), nonsense)


@pytest.mark.parametrize("error", [ThrottledError("later"), OverBudgetError("no money")])
def test_what_another_attempt_cannot_mend_is_passed_on(error):
    with pytest.raises(type(error)):
        written(error)


def test_one_source_gives_no_more_than_its_share():
    first = [(text, 1) for text, number in POINTS if number == 1]
    more = (
        "Fares on the Sorrel Island crossing will be frozen for two years after the ferry returns.",
        "The relief boat Curlew has room for only six cars instead of 24.",
        "Dolores Inchbald has skippered the Sorrel Maid for 17 years.",
    )
    points = [*first, *((text, 1) for text in more), (POINTS[0][0], 2)]
    draft, _, brief, found = written(answered(points=points))
    sources = [claim.source for claim in draft.claims]
    assert len(draft.claims) == 3
    assert sources.count(brief.sources[0].text.sha256) == 2
    assert trace(draft, found, brief).complete
    with pytest.raises(BadAnswerError, match="more than 70%"):
        written(*[answered(points=points[:4])] * 3)


def test_sources_in_another_language_are_bad_input():
    brief, found = brief_of(*FERRY)
    with pytest.raises(BadInputError, match="newsletter is in zh"):
        WriterGenerative(FakeCompleter()).write(brief, found, voice=Voice(language="zh"), max_source_share=1, seed=0)


# ---- other genres ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [FERRY, FERRY_HAN], ids=["en", "zh"])
@pytest.mark.parametrize("genre", list(Genre))
def test_every_genre_is_told_and_traced(genre, names):
    brief, found = brief_of(
        *names, headline="Sorrel Island ferry to run on batteries" if names is FERRY else "轮渡改用电池"
    )
    voice = Voice(language=brief.sources[0].language)
    piece = WriterGenerative(FakeCompleter()).tell(genre, brief, found, voice=voice, seed=0)
    assert (piece.genre, piece.language) == (genre, voice.language)
    assert piece.title
    for part in piece.parts:
        assert bool(part.rests_on) == (part.role not in {"question", "prompt"})
        assert all(found[place.source][place.start : place.end] for place in part.rests_on)
    assert piece == WriterGenerative(FakeCompleter()).tell(genre, brief, found, voice=voice, seed=0)


def told(genre, answer, names=FERRY):
    completer = FakeCompleter()
    completer.enqueue(*[json.dumps(answer)] * ATTEMPTS)
    brief, found = brief_of(*names)
    return WriterGenerative(completer).tell(genre, brief, found, voice=Voice(), seed=0)


def test_nobody_speaks_words_that_no_source_quotes_them_with():
    quoted = "My cows do not know that the ferry is in the yard"
    turns = [
        {"asked": "What do the cows know?", "speaker": "Rosalind Achterberg", "told": quoted, "sources": [2]},
        {"asked": "What does the ferry need?", "speaker": "Rosalind Achterberg", "told": POINTS[2][0], "sources": [2]},
        {"asked": "How long is the battery charged?", "speaker": "", "told": POINTS[1][0], "sources": [1]},
        {"asked": "Did Elon Musk pay 9 million?", "speaker": "", "told": POINTS[0][0], "sources": [2]},
    ]
    piece = told(Genre.INTERVIEW, {"title": "The ferry and the island", "turns": turns})
    answers = [part for part in piece.parts if part.role == "answer"]
    assert [part.speaker for part in answers] == ["Rosalind Achterberg", ""]
    assert quoted in answers[0].text
    assert answers[0].text[0] == "“"
    assert piece.cut == 2
    assert [part.role for part in piece.parts] == ["question", "answer"] * 2


def test_posts_keep_their_length_and_stand_alone():
    long = f"{LEAD[:-1]}, {' and '.join(text[:-1] for text, _ in POINTS)}, as the authority confirmed to the radio."
    posts = [{"text": text, "sources": [1, 2]} for text in (long, "It carried 410,000 people.", POINTS[0][0])]
    piece = told(Genre.SOCIAL, {"posts": posts})
    assert [part.text for part in piece.parts] == [POINTS[0][0]]
    assert piece.cut == 2


def test_when_nothing_stands_there_is_no_piece():
    with pytest.raises(BadAnswerError, match="Dragons"):
        told(Genre.SOCIAL, {"posts": [{"text": "Dragons ate the moon.", "sources": [1]}]})


# ---- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("genre", ANSWERS)
@pytest.mark.parametrize("sources", [1, 3, 20])
def test_schemas_are_closed_small_and_taken_by_constrained_decoding(genre, sources):
    schema = answer_schema(genre, sources)
    assert len(schema) < 2200
    grammar = LLMatcher.grammar_from_json_schema(schema)
    assert LLMatcher.validate_grammar(grammar) == ""
    jsonschema.Draft202012Validator.check_schema(json.loads(schema))

    def closed(node):
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert sorted(node["required"]) == sorted(node["properties"])
        for child in (*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])):
            closed(child)

    closed(json.loads(schema))


@pytest.mark.parametrize("genre", ANSWERS)
def test_whatever_the_grammar_lets_through_can_be_read(genre):
    """Random bytes under the grammar: valid against the schema, readable, and never an article."""
    schema = answer_schema(genre, 2)
    vocabulary = LLTokenizer("byte")
    for seed in range(5):
        matcher = LLMatcher(vocabulary, LLMatcher.grammar_from_json_schema(schema))
        chance, document = random.Random(seed), bytearray()
        while not matcher.is_stopped():
            mask = matcher.compute_bitmask()
            token = chance.choice([each for each in range(256) if mask[each >> 3] >> (each & 7) & 1])
            assert matcher.consume_token(token)
            document.append(token)
        jsonschema.validate(json.loads(document), json.loads(schema))
        assert read_answer(genre, document.decode())
        completer = FakeCompleter()
        completer.enqueue(*[document.decode()] * ATTEMPTS)
        brief, found = brief_of(*FERRY)
        writer = WriterGenerative(completer)
        with pytest.raises(BadAnswerError):
            asked(writer, genre, brief, found, seed=0)


@pytest.mark.parametrize("genre", ANSWERS)
def test_the_minimal_answer_satisfies_every_schema(genre):
    brief, found = brief_of(*FERRY)
    completer = FakeCompleter()
    writer = WriterGenerative(completer)
    asked(writer, genre, brief, found, seed=3)
    question = completer.history[0]
    document = FakeCompleter().complete(question, seed=3)
    jsonschema.validate(json.loads(document), json.loads(question.answer_schema))
    assert document == FakeCompleter().complete(question, seed=3)
    bare = question.model_copy(update={"messages": question.messages[:1]})
    jsonschema.validate(json.loads(FakeCompleter().complete(bare, seed=3)), json.loads(question.answer_schema))


@pytest.mark.parametrize(
    "document", ["", "[]", "{", '{"posts": 1}', '{"posts": [], "more": 1}', '"' + "x" * 3000 + '"']
)
def test_an_answer_of_another_shape_is_a_bad_answer(document):
    with pytest.raises(BadAnswerError, match="social is not what was asked for"):
        read_answer(Genre.SOCIAL, document)


# ---- the engine ------------------------------------------------------------------------------------------------------


class Heavy(FakeCompleter):
    device = "cuda:0"
    footprint = 7
    revision = "a"

    @property
    def identity(self):
        return EngineIdentity(
            backend="transformers", model="m", revision=self.revision, parameters={"dtype": "float16"}
        )


def test_it_is_its_completer_its_prompts_and_its_code(tmp_path):
    completer = Heavy()
    order = Order(name=EngineName.parse("generative"), weights=tmp_path, engine={"completer": completer}.__getitem__)
    writer = WriterGenerative.from_order(order)
    assert isinstance(writer, Engine)
    assert (writer.device, writer.footprint) == ("cuda:0", 7)
    assert writer.identity.backend == "generative"
    assert writer.identity.model == "transformers:m@a"
    assert {"code", "prompts", "completer.dtype"} <= set(writer.identity.parameters)
    before = writer.identity
    completer.revision = "b"
    assert writer.identity != before
    writer.load()
    assert completer.loaded
    writer.release()
    assert not completer.loaded
    light = WriterGenerative(FakeCompleter())
    assert (light.device, light.footprint) == ("", 0)
    with pytest.raises(BadConfigurationError, match="no option 'tone'"):
        WriterGenerative.from_order(
            Order(name=EngineName.parse("generative?tone=x"), weights=tmp_path, engine=order.engine)
        )


def test_the_press_packs_can_be_written_about_one_by_one():
    for name in texts():
        brief, found = brief_of(name)
        voice = Voice(language=brief.sources[0].language)
        draft = WriterGenerative(FakeCompleter()).write(brief, found, voice=voice, max_source_share=0.7, seed=1)
        assert trace(draft, found, brief).complete
