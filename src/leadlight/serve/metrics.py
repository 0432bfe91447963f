"""What Prometheus may ask: how many requests, how long, how many leads, which model."""

from __future__ import annotations

import os
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
STEPS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one process; where there are several, each adds to files that all read."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Counter(
            "leadlight_requests", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self.seconds = Histogram(
            "leadlight_request_seconds", "Time to answer.", ("route",), buckets=STEPS, registry=registry
        )
        self.leads = Counter("leadlight_leads_scored", "Leads scored over HTTP.", registry=registry)
        self.mistakes = Counter("leadlight_mistakes", "Faults of ours.", registry=registry)
        self.swaps = Counter("leadlight_models_swapped", "Models put into service.", registry=registry)
        self._children: dict[Any, Any] = {}

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        key = (route, method, status)
        children = self._children.get(key)
        if children is None:
            children = self.requests.labels(route, method, str(status)), self.seconds.labels(route)
            self._children[key] = children
        children[0].inc()
        children[1].observe(seconds)

    def page(self) -> bytes:
        if SHARED not in os.environ:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
