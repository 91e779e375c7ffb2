"""Finds regular expressions in texts in a time that grows with the length of the text alone, whatever the expression.

All ways through an expression are gone at once, character by character, and where they lead is remembered: no
expression makes it try again and again, as backtracking engines do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from store.search.regex import Check, Fork, Found, Step, Take, compile_regex
from store.search.regex_tree import Place, is_word

REMEMBERED: Final = 20_000
"""Steps from one state to the next that are remembered; then they are forgotten and found anew."""


class _State:
    """The steps that may come next, before a character of the text."""

    __slots__ = ("at_end", "behind", "following", "steps")

    def __init__(self, steps: frozenset[int], behind: bool | None) -> None:
        self.steps = steps
        self.behind = behind
        """Whether a character of a word was before; None at the beginning."""
        self.following: dict[str, _State | None] = {}
        """By the next character; None: found."""
        self.at_end: bool | None = None
        """Whether the expression is found if the text ends here, once that is known."""


def regex_test(pattern: str) -> Callable[[str], bool]:
    """A test that is true of the texts in which `pattern` is found. Raises `store.search.regex_syntax.RegexError`."""
    return _Automaton(compile_regex(pattern)).search


class _Automaton:
    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._begin = len(steps) - 1
        self._edges = any(isinstance(step, Check) and step.place in _EDGES for step in steps)
        self._forget()

    def _forget(self) -> None:
        self._states: dict[tuple[frozenset[int], bool | None], _State] = {}
        self._remembered = 0
        self._first = self._state(frozenset(), None)

    def search(self, text: str) -> bool:
        state = self._first
        for character in text:
            try:
                following = state.following[character]
            except KeyError:
                following = self._follow(state, character)
            if following is None:
                return True
            state = following
        if state.at_end is None:
            state.at_end = self._reached(state, None) is None
        return state.at_end

    def _state(self, steps: frozenset[int], behind: bool | None) -> _State:
        known = self._states.get((steps, behind))
        if known is None:
            known = self._states[steps, behind] = _State(steps, behind)
        return known

    def _follow(self, state: _State, character: str) -> _State | None:
        reached = self._reached(state, character)
        if reached is None:
            following = None
        else:
            taken = frozenset(take.then for take in reached if take.test(character))
            # What was before matters to edges of words alone; apart from them, only whether there was anything.
            following = self._state(taken, is_word(character) if self._edges else False)
        self._remembered += 1
        if self._remembered > REMEMBERED:
            self._forget()
        state.following[character] = following
        return following

    def _reached(self, state: _State, character: str | None) -> list[Take] | None:
        """The steps that could take `character` (None: the text ends); None if the expression is found before it."""
        waiting = [self._begin, *state.steps]
        seen = set(waiting)
        reached = []
        while waiting:
            step = self._steps[waiting.pop()]
            match step:
                case Take():
                    reached.append(step)
                    continue
                case Fork():
                    following = step.then
                case Check():
                    following = (step.then,) if _holds(step.place, state.behind, character) else ()
                case Found():
                    return None
            for one in following:
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
        return reached


_EDGES: Final = (Place.EDGE, Place.NO_EDGE)


def _holds(place: Place, behind: bool | None, character: str | None) -> bool:
    match place:
        case Place.START:
            return behind is None
        case Place.END:
            return character is None
    edge = bool(behind) is not (character is not None and is_word(character))
    return edge is (place is Place.EDGE)
