"""The scenarios that every language runs, here with both kinds of cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import jsonschema
import pytest
import uvloop
from scenario import CONTROLS, FORMAT, LIST, SCENARIOS, Asyncio, Blocking, Driver, Run, normalised
from support import TREE

DRIVERS: dict[str, Callable[[], Driver]] = {
    "asyncio": Asyncio,
    "uvloop": lambda: Asyncio(uvloop.new_event_loop),
    "blocking": Blocking,
}
# Most of a scenario is waiting.
AT_ONCE = 24
ALL = {**SCENARIOS, **CONTROLS}

Verdicts = dict[tuple[str, str], "Future[None]"]


def play(name: str, kind: str) -> None:
    driver = DRIVERS[kind]()
    try:
        Run(ALL[name], driver).all()
    finally:
        driver.end()


@pytest.fixture(scope="module")
def verdicts() -> Iterator[Verdicts]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {(name, kind): pool.submit(play, name, kind) for name in ALL for kind in DRIVERS}


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(verdicts: Verdicts, name: str, kind: str) -> None:
    verdicts[name, kind].result()


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize("name", CONTROLS)
def test_what_must_fail(verdicts: Verdicts, name: str, kind: str) -> None:
    with pytest.raises(AssertionError) as caught:
        verdicts[name, kind].result()
    assert "did not come" not in str(caught.value), "it failed by waiting in vain"


@pytest.mark.parametrize("case", LIST["normalisation"], ids=lambda case: case["what"][:40])
def test_normalisation(case: dict[str, list[str]]) -> None:
    assert normalised(case["lines"]) == case["gives"]


def test_the_list_has_its_format() -> None:
    assert LIST["format"] == FORMAT
    assert len(ALL) == len(LIST["scenarios"]) + len(LIST["controls"]), "a name twice"
    schema = json.loads((TREE / "scenarios" / "schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    wrong = [
        f"{list(error.absolute_path)}: {error.message}"
        for error in jsonschema.Draft202012Validator(schema).iter_errors(LIST)
    ]
    assert not wrong
    assert not jsonschema.Draft202012Validator(schema).is_valid({**LIST, "format": FORMAT + 1})


def test_every_name_in_a_scenario_is_declared() -> None:
    for scenario in ALL.values():
        streams = set(scenario["nodes"])
        for step in scenario["steps"]:
            assert {step.get("node"), *step.get("join", [])} <= {None, *scenario["nodes"]}, step
            streams |= {step["as"]} if "as" in step else set()
            assert step.get("on") in {None, *streams}, step
        assert set(scenario["expect"]) <= streams, scenario["name"]
        assert {name for names in scenario.get("same", []) for name in names} <= streams
