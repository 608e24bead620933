"""Typed answers from any server that speaks OpenAI's Chat Completions API: vLLM, Ollama, llama.cpp or a vendor.

Nothing is held but a client, from `load` to `release`. A schema is enforced by the server where it can
(`openai_dialect.py`), and every answer is checked here all the same (`openai_answers.py`).
Every call is reserved in the edition's purse before it is made. A call whose answer got lost on the way is paid at its
worst price, because the server may charge for it. The same question and seed give the same answer as far as the server
keeps that promise.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from content.errors import (
    BadAnswerError,
    BadConfigurationError,
    MissingEngineError,
    PressroomError,
    TimedOutError,
    UnreachableError,
)
from content.recipes import EngineIdentity
from models.completer.openai_answers import (
    UnfitAnswerError,
    answer_text,
    check_schema,
    listed_models,
    prompt_estimate,
    reported_usage,
    tokens_used,
    whole_document,
)
from models.completer.openai_dialect import ANSWERS, Dialect
from models.completer.openai_faults import Refusal, quotable
from models.metering import afford, spend
from models.patience import Patience
from models.protocols import ApiAccess, Order, Question
from models.seeds import derived_seed

if TYPE_CHECKING:
    from openai import OpenAI

VERSION: Final = 1
"""Raised whenever the same question is put to a server in another way."""

LISTING_S: Final = 10.0

_log = logging.getLogger(__name__)


class CompleterOpenai:
    """A model on a server. Threads may ask side by side; `access.concurrency` of them are let through.

    `sleep` waits between tries. What a server was found not to take is remembered as long as this object lives.
    """

    device = "server"
    footprint = 0

    def __init__(
        self,
        access: ApiAccess,
        *,
        model: str,
        dialect: Dialect = Dialect(),  # noqa: B008  # frozen
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._access, self._model, self._dialect = access, model, dialect
        self._url = _base_address(access.url)
        self._sleep = sleep
        self._slots = threading.BoundedSemaphore(access.concurrency)
        self._lock = threading.Lock()
        self._client: OpenAI | None = None
        _check_key(access.key)
        self.identity = EngineIdentity(
            backend="openai",
            model=model,
            parameters={"version": VERSION, "server": self._url, "answers": dialect.answers},
        )

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build a completer from its name.

        Raises MissingEngineError when no address or no model is set; for the latter the server is asked what it has.
        """
        order.name.allow({"answers"})
        answers = order.name.option("answers", ANSWERS[0])
        known = {each: each for each in ANSWERS}
        if answers not in known:
            raise BadConfigurationError(f"{order.name}: answers must be {', '.join(ANSWERS[:-1])} or {ANSWERS[-1]}")
        # A server has no revisions: what follows an @ belongs to its model's name.
        named = "@".join(filter(None, (order.name.model, order.name.revision)))
        made = cls(order.api, model=named or order.api.model, dialect=Dialect(answers=known[answers]))
        if not made.identity.model:
            raise made._no_model()
        return made

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.identity} at {self._url}>"

    def load(self) -> None:
        """Open the way to the server, and ask once whether it is there.

        Raises UnreachableError or TimedOutError when it is not, BadConfigurationError when it does not take the key.
        """
        if self._client is not None:
            return
        try:
            self._list(self._ready())
        except (UnreachableError, TimedOutError, BadConfigurationError):
            self.release()
            raise
        except PressroomError as error:
            _log.info("%s did not say which models it has: %s", self._url, error)  # it may answer all the same

    def release(self) -> None:
        """Close the client."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def complete(self, question: Question, *, seed: int) -> str:
        """Give one whole JSON document that satisfies the question's schema.

        Raises BadAnswerError when also a second try gives none, OverBudgetError before a call that cannot be paid,
        ThrottledError, UnreachableError and TimedOutError after three tries, BadInputError when the question is longer
        than the model reads, and BadConfigurationError when the server does not take key, model or request.
        """
        check_schema(question.answer_schema)
        with self._slots:
            patience = Patience(self._access.timeout_s, seed=seed, sleep=self._sleep)
            is_repair = False
            while True:
                drawn = derived_seed(seed, "repair") if is_repair else seed
                text, dialect = self._ask(question, drawn, patience)
                try:
                    return whole_document(text, question.answer_schema, bare=dialect.is_enforced)
                except UnfitAnswerError as fault:
                    if fault.is_text and dialect.is_enforced:
                        self._learn(dialect, dialect.without_schema())
                    elif is_repair:
                        raise BadAnswerError(
                            f"{self._who} gave no usable answer in two tries: {fault}; use a larger model, or a server"
                            " that enforces JSON schemas"
                        ) from None
                    else:
                        is_repair = True

    # ---- asking ------------------------------------------------------------------------------------------------------

    @property
    def _who(self) -> str:
        return f"{self.identity} at {self._url}"

    def _ask(self, question: Question, seed: int, patience: Patience) -> tuple[str, Dialect]:
        """Give the text of an answer and the dialect it was asked in."""
        from openai import APIStatusError

        while True:
            dialect = self._dialect
            fault: PressroomError
            hint: float | None = None
            try:
                return self._call(question, dialect, seed, patience.left()), dialect
            except APIStatusError as error:
                refusal = Refusal.of(error, key=self._access.key)
                learned = dialect.after_refusal(refusal.told, refusal.parameter) if refusal.can_teach else None
                if learned is not None:
                    self._learn(dialect, learned)
                    continue
                fault, hint = (
                    self._no_such_model() if refusal.status == 404 else refusal.fault(self._who),
                    refusal.wait_s,
                )
                if not refusal.should_retry:
                    raise fault from None
            except (UnreachableError, TimedOutError) as error:
                fault = error
            patience.pause(fault, hint)

    def _call(self, question: Question, dialect: Dialect, seed: int, timeout_s: float) -> str:
        """Make one call, reserve and pay it; raise the SDK's APIStatusError for a refusal."""
        from openai import APIStatusError

        client = self._ready()
        asked = dialect.request(question, model=self._model, seed=seed)
        estimate = prompt_estimate(question)
        worst = self._price(estimate, question.max_tokens)
        with afford(worst):
            try:
                create: Any = client.chat.completions.with_raw_response.create
                body: bytes = create(**asked, timeout=timeout_s).http_response.content
            except APIStatusError as error:
                if used := reported_usage(error.response.content, question):
                    self._pay(*(max(count, 0) for count in used))
                raise
            except PressroomError as error:
                if error.context.get("sent"):
                    spend(tokens_in=estimate, cost=worst)
                raise
            self._pay(*tokens_used(body, question))
        return answer_text(body, question, who=self._who)

    def _pay(self, tokens_in: int, tokens_out: int) -> None:
        spend(tokens_in=tokens_in, tokens_out=tokens_out, cost=self._price(tokens_in, tokens_out))

    def _price(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self._access.price_in + tokens_out * self._access.price_out) / 1e6

    def _learn(self, known: Dialect, learned: Dialect) -> None:
        with self._lock:
            if self._dialect != known:
                return  # another thread was taught the same, or more
            self._dialect = learned
        _log.warning("%s does not take everything it is asked with; going on with %s", self._who, learned)

    # ---- the connection ----------------------------------------------------------------------------------------------

    def _ready(self) -> "OpenAI":
        with self._lock:
            if self._client is None:
                self._client = self._connected()
            return self._client

    def _connected(self) -> "OpenAI":
        import httpx2
        from openai import OpenAI

        from models.bounded_http import BoundedTransport

        transport = BoundedTransport(connections=self._access.concurrency, user_agent="pressroom", key=self._access.key)
        return OpenAI(
            api_key="unused",  # the transport sends the real one, and nothing that the environment may hold
            base_url=self._url,
            max_retries=0,
            http_client=httpx2.Client(transport=transport, trust_env=False, follow_redirects=False),
        )

    def _list(self, client: "OpenAI") -> list[str]:
        """Give the names of the models the server says it has."""
        from openai import APIStatusError

        try:
            patience = min(LISTING_S, self._access.timeout_s)
            return listed_models(client.models.with_raw_response.list(timeout=patience).http_response.content)
        except APIStatusError as error:
            if error.status_code >= 400 and error.status_code not in {401, 403}:
                return []  # not every server has such a list, and some break on it that answer well
            raise Refusal.of(error, key=self._access.key).fault(self._url) from None

    def _offered(self) -> str:
        """Say which models the server has, as far as it tells."""
        client = self._connected()
        try:
            names = [quotable(name, 60) for name in self._list(client)]
        except PressroomError as error:
            return f"it gave no list of its models ({error})"
        finally:
            client.close()
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        return f"it has {', '.join(names[:10])}{more}" if names else "it lists no model"

    def _no_model(self) -> PressroomError:
        return MissingEngineError(
            f"no model of {self._url} is named: {self._offered()}; set PRESSROOM_API_MODEL, or name the engine"
            " openai:MODEL"
        )

    def _no_such_model(self) -> PressroomError:
        return BadConfigurationError(
            f"{self._url} knows no model {quotable(self._model, 60)!r}, or is not the server's base address (404):"
            f" {self._offered()}; set PRESSROOM_API_MODEL and PRESSROOM_API_URL"
        )


def _base_address(url: str) -> str:
    """Give the server's base address as it stands in identities and errors; raise when it cannot be one."""
    if not url.strip():
        raise MissingEngineError(
            "no server is set: set PRESSROOM_API_URL to the server's base address, e.g. http://127.0.0.1:11434/v1"
        )
    try:
        parts = urlsplit(url.strip())
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and url.isprintable() and parts.port != 0
    except ValueError:
        sound = False
    if sound and (parts.username is not None or parts.password is not None):
        raise BadConfigurationError("PRESSROOM_API_URL holds a name or password; a key belongs into PRESSROOM_API_KEY")
    if not sound or parts.query or parts.fragment:
        raise BadConfigurationError(
            "PRESSROOM_API_URL is no base address of a server; write it like http://127.0.0.1:11434/v1"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _check_key(key: str) -> None:
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise BadConfigurationError("PRESSROOM_API_KEY holds characters that no key has; set it anew")
