"""What every typed refusal is."""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):  # noqa: N818 (an answer, not a mistake)
    """An act that cannot be done. Subclasses say the sentence and the HTTP status that fits."""

    template: ClassVar[str] = ""
    sentences: ClassVar[dict[str, str]] = {}
    """Sentences by reason, for a refusal that knows several."""
    status: ClassVar[int] = 409

    def __init__(self, reason: str = "", **values: object) -> None:
        self.reason, self.values = reason, values
        super().__init__(self.sentence % values)

    @property
    def sentence(self) -> str:
        """The msgid to be translated."""
        return self.sentences[self.reason] if self.reason else self.template
