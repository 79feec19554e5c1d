"""Kinds and kinds of kinds: how deep a synset lies, and how similar two of them are."""

from collections.abc import Callable, Sequence

import numpy as np

from cocoqa_keras.errors import InputError

_MOST_LEVELS = 100  # WordNet 3.0 has 20


class Taxonomy:
    """The graph that leads from synsets to their hypernyms.

    Args:
        hypernyms: returns the hypernyms of a synset.
        name: returns a synset's name, which decides between subsumers of equal depth.
    """

    def __init__(self, hypernyms: Callable[[int], Sequence[int]], name: Callable[[int], str]) -> None:
        self._hypernyms = hypernyms
        self._name = name
        self._depths: dict[int, tuple[int, int]] = {}
        self._ancestors: dict[int, dict[int, int]] = {}

    def similarities(self, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """The greatest Wu-Palmer similarity between the synsets of each group and those of each other.

        That of synsets a and b is 2 d / (2 d + a's distance from s + b's distance from s). Here s is
        their lowest common subsumer, the common ancestor whose shortest way to the root is longest, and d
        is the number of synsets on the longest way from s to the root. Distances are shortest paths.

        Args:
            groups: G groups of synsets.

        Returns:
            float64 (G, G): between 0 and 1; 0 where a group is empty or there is no common ancestor.

        Raises:
            InputError: a synset is a hypernym of itself.

        Reference: Wu and Palmer (1994); nltk's `wup_similarity`, the details of which this follows.
        """
        similarities = np.zeros((len(groups), len(groups)))
        filled = [position for position, group in enumerate(groups) if group]
        if not filled:
            return similarities
        columns = [synset for position in filled for synset in groups[position]]
        starts = np.cumsum([0, *(len(groups[position]) for position in filled[:-1])])
        below = self._distances_below(columns)
        for position in filled:
            rows = [self._similarities_to(synset, below, len(columns)) for synset in groups[position]]
            similarities[position, filled] = np.maximum.reduceat(np.max(rows, axis=0), starts)
        return similarities

    def _distances_below(self, synsets: Sequence[int]) -> dict[int, tuple[list[int], np.ndarray]]:
        """For each ancestor, the positions in `synsets` of those below it, and their distances."""
        positions: dict[int, list[int]] = {}
        for position, synset in enumerate(synsets):
            for ancestor in self._ancestors_of(synset):
                positions.setdefault(ancestor, []).append(position)
        return {
            ancestor: (places, np.array([self._distance(synsets[place], ancestor) for place in places]))
            for ancestor, places in positions.items()
        }

    def _similarities_to(
        self, synset: int, below: dict[int, tuple[list[int], np.ndarray]], count: int
    ) -> np.ndarray:
        """The similarity of `synset` to each of the `count` synsets that `below` describes."""
        similarities = np.zeros(count)
        # From the root downwards: what a column holds in the end is from its lowest common subsumer.
        for ancestor in self._downwards(synset):
            depth = self._depths_of(ancestor)[1] + 1
            columns, distances = below[ancestor]
            length = depth + self._distance(synset, ancestor)
            similarities[columns] = 2.0 * depth / (length + (depth + distances))
        return similarities

    def _downwards(self, synset: int) -> list[int]:
        """The ancestors of a synset by depth; equally deep ones by name, backwards, and itself last."""
        by_name = sorted(self._ancestors_of(synset), key=self._name, reverse=True)
        return sorted(by_name, key=lambda ancestor: (self._depths_of(ancestor)[0], ancestor == synset))

    def _distance(self, synset: int, ancestor: int) -> int:
        """The length of the shortest path, which may lead over a synset above both."""
        above = self._ancestors_of(ancestor)
        steps = self._ancestors_of(synset)
        return min(steps[common] + further for common, further in above.items())

    def _ancestors_of(self, synset: int) -> dict[int, int]:
        """The least number of steps to each synset above this one, itself among them."""
        if synset not in self._ancestors:
            self._depths_of(synset)  # refuses a circle
            steps = {synset: 0}
            queue = [synset]
            for lower in queue:
                for hypernym in self._hypernyms(lower):
                    if hypernym not in steps:
                        steps[hypernym] = steps[lower] + 1
                        queue.append(hypernym)
            self._ancestors[synset] = steps
        return self._ancestors[synset]

    def _depths_of(self, synset: int, levels: int = 0) -> tuple[int, int]:
        """The lengths of the shortest and of the longest way to a root."""
        if synset not in self._depths:
            if levels > _MOST_LEVELS:
                raise InputError(
                    f"WordNet's noun synset at byte {synset} is above itself, or below {_MOST_LEVELS}; "
                    "give the folder of an unharmed WordNet 3.0 database"
                )
            depths = [self._depths_of(hypernym, levels + 1) for hypernym in self._hypernyms(synset)]
            shortest = min((least for least, _ in depths), default=-1)
            longest = max((most for _, most in depths), default=-1)
            self._depths[synset] = shortest + 1, longest + 1
        return self._depths[synset]
