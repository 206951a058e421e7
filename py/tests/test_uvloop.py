"""Under uvloop everything is as under asyncio's own loop: the same tests again."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import support
import test_asyncio
import test_callbacks
import test_cancellation
import test_loops
import uvloop

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="asyncio.Runner came with Python 3.11"
)

test_join_broadcast_and_leave = test_asyncio.test_join_broadcast_and_leave
test_a_subscription_begins_at_the_call = test_asyncio.test_a_subscription_begins_at_the_call
test_batches = test_asyncio.test_batches
test_a_slow_reader_learns_what_it_missed = test_asyncio.test_a_slow_reader_learns_what_it_missed
test_aclose_ends_a_reader_that_waits = test_asyncio.test_aclose_ends_a_reader_that_waits
test_close_takes_less_than_a_second = test_asyncio.test_close_takes_less_than_a_second
test_many_pings_at_once = test_asyncio.test_many_pings_at_once
test_callbacks_on_the_thread_of_the_loop = (
    test_callbacks.test_asyncio_calls_on_the_thread_of_the_loop
)
test_callbacks_may_do_everything = test_callbacks.test_asyncio_callbacks_may_do_everything
test_none_begins_after_removal = test_callbacks.test_asyncio_none_begins_after_removal
test_none_begins_after_close = test_callbacks.test_asyncio_none_begins_after_close
test_no_event_is_lost = test_cancellation.test_no_event_is_lost_by_cancelling_a_reader
test_waiting_with_a_limit = test_cancellation.test_waiting_with_a_limit_keeps_the_subscription
test_a_cancelled_wait_is_given_up = test_cancellation.test_a_cancelled_wait_is_given_up
test_a_cancelled_start = test_cancellation.test_a_cancelled_start_leaves_nothing_behind
test_a_loop_in_each_thread = test_loops.test_a_loop_in_each_thread


@pytest.fixture(autouse=True)
def loops_of_uvloop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = []

    def new_loop() -> uvloop.Loop:
        made.append(uvloop.new_event_loop())
        return made[-1]

    monkeypatch.setattr(support, "new_loop", new_loop)
    yield
    assert made, "the test ran without uvloop"
