from itertools import accumulate


def moving_average(values, window):
    """The mean of each `window` values in a row, as a list."""
    if window < 1:
        raise ValueError("a window holds at least one value")
    sums = [0, *accumulate(values)]
    return [(end - start) / window for start, end in zip(sums, sums[window:])]
