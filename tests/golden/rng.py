"""Seeded random integers (SplitMix64): the same on every Python version, for ever."""

MASK64 = (1 << 64) - 1


class Rng:
    """A stream of random integers from one seed."""

    def __init__(self, seed):
        self.state = seed & MASK64

    def next(self):
        """A uniform 64-bit integer."""
        self.state = self.state + 0x9E3779B97F4A7C15 & MASK64
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK64
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK64
        return z ^ z >> 31

    def between(self, low, high):
        """A random integer from `low` to `high`, both included."""
        wide = self.next() << 64 | self.next()
        return low + wide % (high - low + 1)

    def pick(self, items):
        """One element of a non-empty sequence."""
        return items[self.between(0, len(items) - 1)]

    def chance(self, one_in):
        """True once in `one_in` calls, on average."""
        return self.between(1, one_in) == 1
