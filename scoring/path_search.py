"""The cheapest choice of one option per part: exact, whole numbers only.

It knows no items, elements or grades: every part offers options with a number of items, points
and a gain, and the sum of the gains must reach what is needed. Two objectives: fewest items
(then fewest points), and fewest points (then fewest items).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

WORK = 1_500_000  # steps after which a search gives up and its answer counts as unproved

Needs = tuple[int, ...]
Key = tuple[int, Needs]  # a price with what is met of the requirements


class TooMuchWorkError(Exception):
    """A search would take longer than anyone waits; what is found otherwise is not proved."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to treat a part; ``count`` and ``points`` are its price, all values >= 0.

    Attributes:
        gain: what it adds towards the score.
        needs: what it adds to each further requirement.
    """

    count: int
    points: int
    gain: int
    needs: Needs = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice with its price."""

    count: int
    points: int
    items: frozenset[str]


_Priced = tuple[int, int, Option]  # an option after the price that comes first and the other


@dataclass(frozen=True, slots=True)
class _Way:
    """The options taken so far, the last one first."""

    gain: int
    option: Option | None = None
    before: "_Way | None" = None

    def choice(self) -> Choice:
        count, points, items = 0, 0, set[str]()
        way: _Way | None = self
        while way is not None and way.option is not None:
            count += way.option.count
            points += way.option.points
            items.update(way.option.items)
            way = way.before
        return Choice(count, points, frozenset(items))


@dataclass
class Work:
    """Counts the steps of a search.

    >>> Work(2).spend(3)
    Traceback (most recent call last):
    scoring.path_search.TooMuchWorkError
    """

    left: int = WORK

    def spend(self, steps: int) -> None:
        """Count some steps.

        Raises:
            TooMuchWorkError: there were too many.
        """
        self.left -= steps
        if self.left < 0:
            raise TooMuchWorkError


@dataclass
class Search:
    """The parts of one problem with their requirements, asked for several gains.

    >>> parts = [(Option(0, 0, 0), Option(1, n, n, (), (str(n),))) for n in (2, 3, 7)]
    >>> fewest, least = Search(parts, ()).cheapest(5, Work())
    >>> sorted(fewest.items), sorted(least.items)
    (['7'], ['2', '3'])
    """

    parts: Sequence[tuple[Option, ...]]
    target: Needs
    _work: Work = field(default_factory=Work)
    _layers: list[dict[Key, int]] = field(default_factory=list)

    def cheapest(self, need: int, work: Work) -> tuple[Choice, Choice] | None:
        """Choice of fewest items and choice of fewest points; None when there is none.

        Args:
            need: the gain to reach, >= 0.
            work: what the search may cost.

        Raises:
            TooMuchWorkError: the answer could not be proved in reasonable time.
        """
        self._work, ratio = work, self._ratio()
        if ratio is not None:
            gain, points = ratio
            return self._by_sums(-(-need * points // gain))
        fewest = self._by_labels(need, by_points=False, most=None)
        if fewest is None:
            return None
        least = self._by_labels(need, by_points=True, most=fewest.points)
        return None if least is None else (fewest, least)

    def _ratio(self) -> tuple[int, int] | None:
        """Gain per points, when that is the same everywhere."""
        first: tuple[int, int] | None = None
        for part in self.parts:
            for option in part:
                if first is None and option.points and option.gain:
                    first = option.gain, option.points
                gain, points = first or (1, 1)
                if option.gain * points != option.points * gain:
                    return None
        return first or (1, 1)

    def _add(self, needs: Needs, more: Needs) -> Needs:
        """Sum of two states of the requirements; more than wanted counts as what is wanted."""
        if not self.target:
            return ()
        pairs = zip(needs, more, self.target, strict=True)
        return tuple(min(a + b, wanted) for a, b, wanted in pairs)

    # gain in step with points: the points that a number of items can sum up to, as bits

    def _by_sums(self, need: int) -> tuple[Choice, Choice] | None:
        if not self._layers:
            self._fill()
        found = []
        for (count, needs), bits in self._layers[-1].items():
            above = bits >> need
            if needs == self.target and above:
                found.append((count, need + (above & -above).bit_length() - 1))
        if not found:
            return None
        fewest, least = min(found), min(found, key=lambda pair: (pair[1], pair[0]))
        return self._trace(*fewest), self._trace(*least)

    def _fill(self) -> None:
        layer: dict[Key, int] = {self._start(): 1}
        layers = [layer]
        for part in self.parts:
            after: dict[Key, int] = {}
            self._work.spend(len(layer) * len(part))
            for (count, needs), bits in layer.items():
                for option in part:
                    key = (count + option.count, self._add(needs, option.needs))
                    after[key] = after.get(key, 0) | bits << option.points
            layer = after
            layers.append(layer)
        self._layers = layers

    def _trace(self, count: int, points: int) -> Choice:
        items: list[str] = []
        left, rest, needs = count, points, self.target
        for part, layer in zip(reversed(self.parts), reversed(self._layers[:-1]), strict=True):
            left, rest, needs, option = next(self._before(part, layer, (left, needs), rest))
            items += option.items
        return Choice(count, points, frozenset(items))

    def _before(
        self, part: tuple[Option, ...], layer: Mapping[Key, int], key: Key, points: int
    ) -> Iterator[tuple[int, int, Needs, Option]]:
        count, wanted = key
        met = {needs for _, needs in layer}
        for option in part:
            before, rest = count - option.count, points - option.points
            for needs in met if rest >= 0 else ():
                bits = layer.get((before, needs), 0)
                if bits >> rest & 1 and self._add(needs, option.needs) == wanted:
                    yield before, rest, needs, option

    # gain of its own: the most gain for each price, then the second price among the cheapest

    def _by_labels(self, need: int, *, by_points: bool, most: int | None) -> Choice | None:
        """Cheapest by one price, then by the other; ``most`` bounds the first one."""
        parts = [
            [(*((o.points, o.count) if by_points else (o.count, o.points)), o) for o in part]
            for part in self.parts
        ]
        layers = self._most_gain(parts, most)
        ends = [
            price
            for (price, needs), gain in layers[-1].items()
            if needs == self.target and gain >= need
        ]
        if not ends:
            return None
        end = (min(ends), self.target)
        return self._second_price(need, parts, self._to_go(layers, parts, end), end)

    def _moves(self, part: Sequence[_Priced], state: Key) -> Iterator[tuple[Key, int, Option]]:
        self._work.spend(len(part))
        price, needs = state
        for first, second, option in part:
            yield (price + first, self._add(needs, option.needs)), second, option

    def _most_gain(
        self, parts: Sequence[Sequence[_Priced]], most: int | None
    ) -> list[dict[Key, int]]:
        layers: list[dict[Key, int]] = [{self._start(): 0}]
        for part in parts:
            after: dict[Key, int] = {}
            for state, gain in layers[-1].items():
                for key, _, option in self._moves(part, state):
                    if most is None or key[0] <= most:
                        after[key] = max(after.get(key, 0), gain + option.gain)
            layers.append(after)
        return layers

    def _to_go(
        self, layers: Sequence[Mapping[Key, int]], parts: Sequence[Sequence[_Priced]], end: Key
    ) -> list[dict[Key, int]]:
        """The most gain that is still to come from each state on the way to the end."""
        to_go: list[dict[Key, int]] = [{end: 0}]
        for part, layer in zip(reversed(parts), reversed(layers[:-1]), strict=True):
            after = to_go[-1]
            before: dict[Key, int] = {}
            for state in layer:
                gains = [
                    after[key] + option.gain
                    for key, _, option in self._moves(part, state)
                    if key in after
                ]
                if gains:
                    before[state] = max(gains)
            to_go.append(before)
        return to_go[::-1]

    def _second_price(
        self,
        need: int,
        parts: Sequence[Sequence[_Priced]],
        to_go: Sequence[Mapping[Key, int]],
        end: Key,
    ) -> Choice | None:
        # by state and second price: the way there with the most gain
        labels: dict[Key, dict[int, _Way]] = {self._start(): {0: _Way(0)}}
        for part, ahead in zip(parts, to_go[1:], strict=True):
            after: dict[Key, dict[int, _Way]] = {}
            for state, ways in labels.items():
                most = -1
                for price in sorted(ways):
                    way = ways[price]
                    if way.gain <= most:
                        continue  # another one is cheaper and gains no less
                    most = way.gain
                    for key, second, option in self._moves(part, state):
                        gain = way.gain + option.gain
                        if key not in ahead or gain + ahead[key] < need:
                            continue
                        there = after.setdefault(key, {})
                        known = there.get(price + second)
                        if known is None or known.gain < gain:
                            there[price + second] = _Way(gain, option, way)
            labels = after
        ends = labels.get(end)
        return ends[min(ends)].choice() if ends else None

    def _start(self) -> Key:
        return 0, (0,) * len(self.target)
