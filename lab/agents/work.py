"""The work of an agent in a soak; ../README.md has the contract."""

from __future__ import annotations

import gc
import json
import sys
import threading
import time

import seafoam
from seafoam import blocking

SLOW_CAPACITY = 64
SLOW_S = 0.2
READY_S = 5.0
RECEIPT_S = 3.0
ROTATE_S = 20.0


def say(event: str, **fields: object) -> None:
    """Print one line, in one piece whichever thread it comes from."""
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


class Work:
    """A fast reader and a slow one, and what commands ask for."""

    def __init__(self, cluster: blocking.Cluster, reads: bool) -> None:
        """Open the readers where they are wanted."""
        self._cluster = cluster
        self._heard = self._got = self._lagged = self._taken = self._missed = 0
        if reads:
            fast = cluster.events(initial=True)
            slow = cluster.events(capacity=SLOW_CAPACITY)
            for run, events in ((self._read, fast), (self._dawdle, slow)):
                threading.Thread(target=run, args=(events,), daemon=True).start()

    def _read(self, events: blocking.Events) -> None:
        for event in events:
            if isinstance(event, seafoam.BroadcastEvent):
                self._heard += 1
            elif isinstance(event, seafoam.MessageEvent):
                self._got += 1
            elif isinstance(event, seafoam.LaggedEvent):
                self._lagged += event.missed
            elif isinstance(event, seafoam.StatusEvent | seafoam.NodeEvent):
                node, status = event.node, event.node.status.name.lower()
                fields = {"node": node.name, "generation": node.generation, "status": status}
                say("status", at=time.monotonic_ns(), **fields)

    def _dawdle(self, events: blocking.Events) -> None:
        for event in events:
            self._taken += 1
            if isinstance(event, seafoam.LaggedEvent):
                self._missed += event.missed
            time.sleep(SLOW_S)

    def obey(self, command: str, argument: str) -> bool:
        """Carry a command out, wait for it and answer; false where it is none of these."""
        call = getattr(self, f"_do_{command}", None)
        if call is None:
            return False
        try:
            text = call(argument) or ""
        except seafoam.SeafoamError as error:
            say("did", what=command, ok=False, text=str(error))
        else:
            say("did", what=command, ok=True, text=text)
        return True

    def _do_broadcast(self, count: str) -> None:
        for _ in range(int(count)):
            self._cluster.broadcast("of the soak")

    def _do_receipt(self, _: str) -> str:
        receipt = self._cluster.broadcast_with_receipt("with a receipt", RECEIPT_S)
        return f"{len(receipt.confirmed)} {len(receipt.missing)}"

    def _do_send(self, name: str) -> None:
        self._cluster.send(name, "hello")

    def _do_tags(self, value: str) -> None:
        self._cluster.set_tags({"round": value})

    def _do_install(self, key: str) -> str:
        return self._cluster.keyring().install(key)

    def _do_rotate(self, key_id: str) -> None:
        self._cluster.keyring().rotate(key_id, timeout=ROTATE_S)

    def _do_use(self, key_id: str) -> None:
        self._cluster.keyring().use(key_id)

    def _do_retire(self, key_id: str) -> None:
        self._cluster.keyring().retire(key_id)

    def _do_cycle(self, count: str) -> None:
        for _ in range(int(count)):
            cluster = blocking.Cluster.start(
                cluster_name="cycle",
                listen_ip="127.0.0.1",
                listen_port=0,
                name="",
                lighthouses="",
                is_lighthouse=False,
                state_dir="",
            )
            events = cluster.events(initial=True)
            cluster.ready(1, timeout=READY_S)
            events.next(READY_S)
            cluster.close()

    def _do_state(self, _: str) -> None:
        gc.collect()  # what is left is what is held
        say(
            "state",
            at=time.monotonic_ns(),
            heard=self._heard,
            got=self._got,
            lagged=self._lagged,
            taken=self._taken,
            missed=self._missed,
            stats=self._cluster.stats(),
        )
