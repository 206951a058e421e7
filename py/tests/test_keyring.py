"""Sealed clusters: keys are made, installed, rotated and retired, and never shown."""

from __future__ import annotations

import pytest
import seafoam
from seafoam import ErrorCode, blocking
from support import SECONDS, own, run


def test_a_key_is_rotated_in_a_running_cluster() -> None:
    old, new = seafoam.generate_key(), seafoam.generate_key()
    config = own(keys=old)
    with (
        blocking.Cluster(**config) as first,
        blocking.Cluster(**{**config, "initial_hosts": first.local_node().address}) as second,
    ):
        first.ready(2, timeout=SECONDS)
        (old_key,) = first.keyring().list()
        assert old_key.seals
        new_id = first.keyring().install(new)
        with pytest.raises(seafoam.SeafoamError, match="nothing was changed") as caught:
            first.keyring().rotate(new_id, timeout=0.5)
        assert caught.value.code is ErrorCode.TIMEOUT
        assert second.keyring().install(new) == new_id
        report = first.keyring().rotate(new_id, timeout=SECONDS)
        assert [member.keys for member in report] == [[new_id, old_key.id]] * 2
        second.keyring().use(old_key.id)
        second.keyring().use(new_id)
        second.keyring().retire(old_key.id)
        assert second.keyring().list() == [(new_id, True)]
        assert old not in str(first.get("keys"))


def test_asyncio_waits_for_the_members() -> None:
    async def main() -> None:
        key = seafoam.generate_key()
        async with seafoam.Cluster(**own(keys=key)) as cluster:
            keyring = cluster.keyring()
            (member,) = await keyring.report(timeout=SECONDS)
            assert member == (cluster.local_node().name, True, [keyring.list()[0].id])
            with pytest.raises(seafoam.SeafoamError, match="keys_file is not set"):
                keyring.reload()
            with pytest.raises(seafoam.SeafoamError) as caught:
                keyring.install("secret")
            assert caught.value.code is ErrorCode.BAD_KEY
            assert "secret" not in str(caught.value)
            assert await keyring.rotate(keyring.list()[0].id) == [member]

    run(main())
