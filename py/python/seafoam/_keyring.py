"""The keys that seal a cluster's traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from seafoam._loop import result

if TYPE_CHECKING:
    from seafoam._native import NativeKeyring


class KeyInfo(NamedTuple):
    """One installed key; the key itself is never shown."""

    id: str
    """Four hexadecimal digits."""
    seals: bool
    """Whether it seals what this node sends. All keys open."""


class MemberKeys(NamedTuple):
    """The keys of one member, as it told them itself."""

    name: str
    """Name of the member."""
    answered: bool
    """Whether it answered in time; if not, its keys are not known."""
    keys: list[str]
    """Ids of its keys, that of the key which seals first."""


# `list` is a call of the classes below.
Keys: TypeAlias = list[KeyInfo]
Members: TypeAlias = list[MemberKeys]


class _Keys:
    """What does not wait, for asyncio and for threads."""

    def __init__(self, native: NativeKeyring) -> None:
        self._native = native

    def list(self) -> Keys:
        """Return the keys of this node, that which seals first; none where traffic is plain."""
        return [KeyInfo(*key) for key in self._native.list(False)]

    def install(self, key: str) -> str:
        """Add a key (32 bytes in base64) that opens but does not seal yet; return its id.

        Raises `bad_key` for what is no key, an id that is taken, a full keyring, or a cluster that
        was started without keys.
        """
        return self._native.install(key)

    def use(self, key_id: str) -> None:
        """Seal with an installed key, named by its id, from now on: on this node alone."""
        self._native.use_key(key_id)

    def retire(self, key_id: str) -> None:
        """Take an installed key, named by its id, away: on this node alone."""
        self._native.retire(key_id)

    def reload(self) -> Keys:
        """Read `keys_file` again and take its keys in place of the present ones."""
        return [KeyInfo(*key) for key in self._native.list(True)]


class Keyring(_Keys):
    """The keys of one node, and what the others say of theirs.

    Keys do not travel: each is installed on every node. To change the key of a cluster: `install`
    the new one everywhere, `rotate` on one node, `retire` the old one everywhere.
    """

    async def report(self, timeout: float | None = 5.0) -> Members:
        """Ask every member which keys it has; those that do not answer are reported as such."""
        return [MemberKeys(*member) for member in await result(self._native.survey(None, timeout))]

    async def rotate(self, key_id: str, timeout: float | None = 30.0) -> Members:
        """Seal with an installed key in the whole cluster, once every ALIVE member has it.

        Raises `timeout` naming who lacks the key; until then nothing is changed.
        """
        members = await result(self._native.survey(key_id, timeout))
        return [MemberKeys(*member) for member in members]


class BlockingKeyring(_Keys):
    """`Keyring` for threads: what waits blocks."""

    def report(self, timeout: float | None = 5.0) -> Members:
        """Ask every member which keys it has; those that do not answer are reported as such."""
        return [MemberKeys(*member) for member in self._native.survey(None, timeout).wait()]

    def rotate(self, key_id: str, timeout: float | None = 30.0) -> Members:
        """Seal with an installed key in the whole cluster, once every ALIVE member has it.

        Raises `timeout` naming who lacks the key; until then nothing is changed.
        """
        return [MemberKeys(*member) for member in self._native.survey(key_id, timeout).wait()]
