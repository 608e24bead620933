"""Two hundred drafts by random weights: whatever a model knows, what it answers is a whole article or a clear error."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import pytest
from tiny_writers import ARCHITECTURES, save_tiny_writer

from content.answers import ArticleAnswer, answer_schema, read_answer
from content.errors import BadAnswerError
from models.naming import EngineName
from models.protocols import Completer, Message, Order, Question
from models.registry import build_engine

SEEDS, CHUNK = 200, 50
SCHEMA = answer_schema("article", 3)
ASKED = (Message(role="system", text="Write an article, in JSON."), Message(role="user", text="The ferry sails again."))


@pytest.fixture(scope="module")
def completers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Completer]]:
    """Give one completer an architecture, on one thread: batches of tiny models gain nothing from a second."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder, built = tmp_path_factory.mktemp("writers"), []
    for architecture in ARCHITECTURES:
        name = EngineName.parse(f"transformers:{save_tiny_writer(folder / architecture, architecture)}?batch=50")
        order = Order(name=name, weights=folder, engine=pytest.fail, device="cpu")
        engine: Any = build_engine("completer", order)
        engine.load()
        built.append(engine)
    yield built
    for engine in built:
        engine.release()
    torch.set_num_threads(threads)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_draft_is_whole_and_valid_against_its_schema(completers: list[Completer], first: int):
    completer = completers[first // CHUNK % len(completers)]
    question = Question(messages=ASKED, answer_schema=SCHEMA, max_tokens=1900, temperature=1.0)

    def asked(seed: int) -> str:
        return completer.complete(question, seed=seed)

    with ThreadPoolExecutor(CHUNK) as threads:
        documents = list(threads.map(asked, range(first, first + CHUNK)))
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA))
    for document in documents:
        validator.validate(json.loads(document))
        assert isinstance(read_answer("article", document), ArticleAnswer)
    assert len(set(documents)) == CHUNK, "every seed writes something else"


def test_an_answer_without_room_to_end_is_an_error_and_no_half_draft(completers: list[Completer]):
    for completer in completers:
        short = Question(messages=ASKED, answer_schema=SCHEMA, max_tokens=40, temperature=1.0)
        with pytest.raises(BadAnswerError, match="40"):
            completer.complete(short, seed=1)
