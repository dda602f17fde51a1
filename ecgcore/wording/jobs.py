"""Words for where a job stands."""

from collections.abc import Mapping

STATUSES: Mapping[str, str] = {
    "queued": "waiting",
    "running": "training",
    "done": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
}
