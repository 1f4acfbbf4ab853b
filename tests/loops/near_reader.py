"""A reader in the test's own process: the same reading without the pipes, where a test imports hundreds of files."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable
from typing import Any

from collectord.core.exports.readings import Order, Summary
from collectord.edge.reader_process import ReaderProcess
from collectord.loops.intake_edges import IntakeEdges, turn_of
from collectord.loops.reading import read_export


class NearReader(ReaderProcess):
    def __init__(self) -> None:
        super().__init__(hash_key=1)
        self.orders: list[Order] = []
        self.answers: list[Summary] = []

    async def read(self, order: object, tell: Callable[[int, int], None]) -> dict[str, Any]:
        assert isinstance(order, Order)
        self.orders.append(order)
        sent: Order = pickle.loads(pickle.dumps(order))  # as over the pipe: what the reader remembers stays there
        answer: dict[str, Any] = json.loads(json.dumps((await asyncio.to_thread(read_export, sent, lambda rows, read: None)).as_json()))
        self.answers.append(Summary.from_json(answer))
        return answer


def near(edges: IntakeEdges) -> NearReader:
    """From now on files of this store are read here."""
    reader = turn_of(edges).reader = NearReader()
    return reader
