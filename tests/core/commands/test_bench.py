"""What the bench measures where nothing is asked for."""

from ecgcore.cli import parser


def test_the_bench_measures_speed_on_one_thread_unless_asked() -> None:
    args = parser().parse_args(["bench"])
    assert (args.part, args.threads, args.uploads, args.quick) == ("speed", 1, 2000, False)
    assert args.ludb is None
    assert args.seeds is None
