"""What every step is told besides its inputs: which edition, which item, which run, which engines.

None of it is part of a recipe except the engines' identities and the variant of the step.
"""

from pydantic import Field

from content.recipes import Value, sha256_of
from content.values import Edition, Step


class Job(Value):
    """One piece of work of one run.

    `item` is what people read ("article-3"); `subject` is what stays when articles change places (a story's id).
    `variants` counts deliberate redos, by step name or `step:subject`; a higher count gives a new recipe.
    """

    edition: Edition
    run_id: str
    profile: str
    language: str
    item: str = "edition"
    subject: str = ""
    variants: dict[str, int] = Field(default_factory=dict)

    def of(self, item: str, subject: str = "") -> "Job":
        """Give the same work for another item."""
        return self.model_copy(update={"item": item, "subject": subject})

    def variant(self, step: Step) -> int:
        """Say how often this step of this subject was redone on purpose."""
        return self.variants.get(step.value, 0) + self.variants.get(f"{step.value}:{self.subject}", 0)

    def seed(self, step: Step) -> int:
        """Give a seed of 32 bits for this step of this subject, another one for each redo."""
        return int(sha256_of(f"{step.value}:{self.subject}:{self.variant(step)}".encode())[:8], 16)
