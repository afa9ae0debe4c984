"""Names that users type: each is written once, beside the file that does it.

Types, help, messages and the pages are made of these, or tested against them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar

from bnngen.base.text import joined, near_names


@dataclass(frozen=True)
class Choice:
    """What a name stands for: a ``module`` of the registry's package, or ``module:attribute``; ``about`` says
    in a few words what it is."""

    place: str
    about: str


C = TypeVar("C", bound=Choice)


class Registry(Mapping[str, Any], Generic[C]):
    """The names of one choice, in the order in which people see them.

    As a mapping it leads from a name to what does it, whose file is imported at its first use: so names can
    be listed and checked without the packages that those files need.
    """

    def __init__(self, kind: str, package: str, choices: Mapping[str, C]) -> None:
        self.kind, self.package, self.choices = kind, package, choices

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = self.choices[name].place.partition(":")
        found = import_module(f"{self.package}.{module}")
        return getattr(found, attribute) if attribute else found

    def __iter__(self) -> Iterator[str]:
        return iter(self.choices)

    def __len__(self) -> int:
        return len(self.choices)

    def __contains__(self, name: object) -> bool:
        return name in self.choices

    def unknown(self, name: str) -> str:
        """Says that there is no such name, and which are near."""
        return f"no {self.kind} {name!r}; {near_names(name, self)}"

    @property
    def described(self) -> str:
        """All names with what they are: for the help of an option."""
        texts = [f"{choice.about} ({name})" for name, choice in self.choices.items()]
        return joined(texts, "or", comma=True)
