"""Threads of torch and BLAS: limited for a while, given back, also after an error."""

from contextlib import suppress

import numpy as np  # noqa: F401 - brings a BLAS
import torch
from threadpoolctl import threadpool_info

from ecgcore.threads import library_threads


def blas_threads() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_libraries_get_their_threads_back() -> None:
    before, blas_before = torch.get_num_threads(), blas_threads()
    with suppress(ZeroDivisionError), library_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        with library_threads(1):
            assert torch.get_num_threads() == 1
            assert blas_threads() == {1}
        assert torch.get_num_threads() == before + 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == before
    assert blas_threads() == blas_before
