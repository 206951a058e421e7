"""Validity: three lighthouses of one process, together and apart."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
import seafoam
from seafoam import ErrorCode, EventKind, ValidityBasis, ValidityState, blocking
from support import SECONDS, joined, joined_blocking, next_of, own, run

# Nobody listens at these ports: the nodes find each other by their seed.
LIGHTHOUSES: dict[str, Any] = {
    "lighthouses": ["n0=127.0.0.1:1", "n1=127.0.0.1:2", "n2=127.0.0.1:3"],
    "heartbeat_millis": 50,
    "suspicion_floor_millis": 300,
}


async def state_of(events: seafoam.Events, state: ValidityState) -> seafoam.ValidityEvent:
    while True:
        event = await next_of(events, seafoam.ValidityEvent)
        if event.state is state:
            return event


def test_a_majority_is_valid_and_one_alone_is_not() -> None:
    async def main() -> None:
        async with joined(3, **LIGHTHOUSES) as (one, two, three):
            events = one.events(kinds=[EventKind.VALIDITY], initial=True)
            for cluster in (one, two, three):
                await cluster.ready(3, valid=True, timeout=SECONDS)
                assert cluster.is_valid()
                assert cluster.local_node().is_lighthouse
            valid = await state_of(events, ValidityState.VALID)
            assert valid.basis is ValidityBasis.LISTED
            await two.close()
            await three.leave()
            alone = await state_of(events, ValidityState.INVALID)
            assert (alone.seen, alone.needed, alone.missing) == (["n0"], 2, ["n1", "n2"])
            assert not one.is_valid()
            assert one.validity().state is ValidityState.INVALID
            with pytest.raises(seafoam.SeafoamError, match="invalid: 1 of 3 lighthouses") as caught:
                await one.ready(1, valid=True, timeout=0.05)
            assert caught.value.code is ErrorCode.TIMEOUT

    run(main())


def test_threads_wait_for_it_too() -> None:
    with ExitStack() as stack:
        clusters = joined_blocking(stack, 3, **LIGHTHOUSES)
        for cluster in clusters:
            cluster.ready(3, valid=True, timeout=SECONDS)
        clusters[1].close()
        clusters[2].leave()
        for event in clusters[0].events(kinds=[EventKind.VALIDITY], initial=True):
            assert isinstance(event, seafoam.ValidityEvent)
            if event.state is ValidityState.INVALID:
                break
        with pytest.raises(seafoam.SeafoamError, match="missing: n1, n2") as caught:
            clusters[0].ready(1, valid=True, timeout=0.05)
        assert caught.value.code is ErrorCode.TIMEOUT


def test_without_lighthouses_nobody_waits_in_vain() -> None:
    with blocking.Cluster(**own()) as cluster:
        with pytest.raises(seafoam.SeafoamError, match="can never be valid") as caught:
            cluster.ready(1, valid=True, timeout=SECONDS)
        assert caught.value.code is ErrorCode.NOT_VALID
