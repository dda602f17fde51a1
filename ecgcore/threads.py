"""How many threads torch and numpy's BLAS use of their own accord.

Their threads spin while they wait: two workers of ours that have two such threads each, on two
cores, take a fifth longer than with one each, and far longer beside another busy process.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


def limit_library_threads(number: int) -> None:
    """Give torch and every BLAS that is loaded by now so many threads each."""
    torch.set_num_threads(number)
    threadpool_limits(number, user_api="blas")


@contextmanager
def library_threads(number: int) -> Iterator[None]:
    """Give torch and every loaded BLAS so many threads each, for a while."""
    before = torch.get_num_threads()
    with threadpool_limits(number, user_api="blas"):
        torch.set_num_threads(number)
        try:
            yield
        finally:
            torch.set_num_threads(before)
