"""Cluster membership that a service can trust.

`seafoam.Cluster` is for asyncio, `seafoam.blocking.Cluster` is its twin for threads. Importing this
package loads neither asyncio nor logging: what needs them is loaded when it is first used.
`seafoam.sim` has clusters in virtual time, for tests.
"""

from __future__ import annotations

from seafoam import _errors, _native, _words
from seafoam._errors import (
    LeadershipLost,
    SeafoamError,
    SeafoamLookupError,
    SeafoamTimeoutError,
    SeafoamValueError,
)
from seafoam._native import (
    DATACENTER_NONE,
    PING_NO_DATA,
    PING_TIMED_OUT,
    BroadcastEvent,
    ClosedEvent,
    ConfigKey,
    ConflictEvent,
    DatacenterEvent,
    LaggedEvent,
    LeaderEvent,
    Lease,
    LinkEvent,
    MergedEvent,
    MessageEvent,
    Node,
    NodeEvent,
    Receipt,
    StatusEvent,
    Validity,
    ValidityEvent,
    Why,
    generate_key,
    local_ip,
    log_level,
    now_millis,
    set_log_level,
)
from seafoam._words import (
    ErrorCode,
    EventKind,
    Hint,
    LeaderScope,
    LinkDirection,
    LogLevel,
    NodeRank,
    NodeStatus,
    Profile,
    TermQuality,
    ValidityBasis,
    ValidityState,
    Word,
)

# As in the module typing, which would take half of the time of this import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from seafoam import blocking, sim
    from seafoam._callbacks import CallbackHandle
    from seafoam._cluster import Cluster
    from seafoam._events import Events
    from seafoam._keyring import KeyInfo, Keyring, MemberKeys
    from seafoam._leadership import Leadership, Tenure
    from seafoam._log import log, set_logger
    from seafoam._options import Options

_native.install(
    {name: getattr(_words, name) for name in _native.vocabularies()},
    _errors.EXCEPTIONS,
)

__version__: str = _native.VERSION
CONFIG_KEYS: tuple[ConfigKey, ...] = _native.config_keys()
"""Every configuration key with its environment variable, default and bounds."""

Event: TypeAlias = (
    StatusEvent
    | BroadcastEvent
    | MessageEvent
    | LeaderEvent
    | ValidityEvent
    | NodeEvent
    | ConflictEvent
    | LinkEvent
    | MergedEvent
    | DatacenterEvent
    | LaggedEvent
    | ClosedEvent
)
"""Whatever a subscription yields."""

# Where that lives which needs asyncio, logging or threading.
_LATER = {
    "CallbackHandle": "seafoam._callbacks",
    "Cluster": "seafoam._cluster",
    "Events": "seafoam._events",
    "Options": "seafoam._options",
    "blocking": "seafoam.blocking",
    "KeyInfo": "seafoam._keyring",
    "Keyring": "seafoam._keyring",
    "MemberKeys": "seafoam._keyring",
    "Leadership": "seafoam._leadership",
    "Tenure": "seafoam._leadership",
    "log": "seafoam._log",
    "set_logger": "seafoam._log",
    "sim": "seafoam.sim",
}

__all__ = [
    "CONFIG_KEYS",
    "DATACENTER_NONE",
    "PING_NO_DATA",
    "PING_TIMED_OUT",
    "BroadcastEvent",
    "CallbackHandle",
    "ClosedEvent",
    "Cluster",
    "ConfigKey",
    "ConflictEvent",
    "DatacenterEvent",
    "ErrorCode",
    "Event",
    "EventKind",
    "Events",
    "Hint",
    "KeyInfo",
    "Keyring",
    "LaggedEvent",
    "LeaderEvent",
    "LeaderScope",
    "Leadership",
    "LeadershipLost",
    "Lease",
    "LinkDirection",
    "LinkEvent",
    "LogLevel",
    "MemberKeys",
    "MergedEvent",
    "MessageEvent",
    "Node",
    "NodeEvent",
    "NodeRank",
    "NodeStatus",
    "Options",
    "Profile",
    "Receipt",
    "SeafoamError",
    "SeafoamLookupError",
    "SeafoamTimeoutError",
    "SeafoamValueError",
    "StatusEvent",
    "Tenure",
    "TermQuality",
    "Validity",
    "ValidityBasis",
    "ValidityEvent",
    "ValidityState",
    "Why",
    "Word",
    "__version__",
    "blocking",
    "generate_key",
    "local_ip",
    "log",
    "log_level",
    "now_millis",
    "set_log_level",
    "set_logger",
    "sim",
]


def __getattr__(name: str) -> object:
    place = _LATER.get(name)
    if place is None:
        raise AttributeError(f"module 'seafoam' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(place)
    value = module if name in ("blocking", "sim") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
