"""The judge of a soak: whatever it demands is missed when it is broken, and a good run passes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rig.history import SECOND
from rig.soak import paper, proc
from rig.soak.judge import NEVER, RECOVERY_S, growths, problems
from rig.soak.record import Calm, Death, Record, Recovery, Sample, Span, read

START = 1000 * SECOND
MINUTES = 30
EACH_S = 5


def at(minute: float) -> int:
    return START + round(minute * 60 * SECOND)


def good() -> Record:
    """Calm and trouble in turns, memory that a garbage collector lets swing, and steady counts."""
    record = Record(7, MINUTES, START, at(MINUTES), steady=["a", "b"])
    for number in range(MINUTES):
        what = "calm" if number % 2 == 0 else "cut"
        record.spans.append(Span(what, what == "calm", at(number), at(number + 1)))
    for second in range(0, MINUTES * 60, EACH_S):
        for name in record.steady:
            moment = at(second / 60)
            swing = 9000 * (second // EACH_S % 4)
            record.samples.append(Sample(moment, name, 50_000 + swing, 10, 4, second * 0.02))
    record.loads = [(START, 1.0)]
    record.recoveries = [Recovery("cut", 4.2)]
    record.calms = [Calm(1, "a", 90, 90, 7, 7, dict.fromkeys(NEVER, 0))]
    return record


def only(record: Record) -> str:
    found = problems(record)
    assert len(found) == 1, found
    return found[0]


def test_a_good_run_has_no_problems() -> None:
    assert problems(good()) == []


def test_memory_that_creeps_is_found_under_the_swing() -> None:
    record = good()
    record.samples = [
        replace(it, rss=it.rss + round((it.at - START) / SECOND * 6)) if it.name == "b" else it
        for it in record.samples
    ]
    assert only(record).startswith("b: RSS in KiB grew from ")
    slope = next(it.slope for it in growths(record) if it.name == "b" and "RSS" in it.what)
    assert slope == pytest.approx(6 * 3600, rel=0.05)


def test_memory_may_grow_within_the_margin_and_during_the_warm_up() -> None:
    record = good()
    record.samples = [
        replace(it, rss=it.rss - 20_000 if it.at < at(5) else it.rss + 2000 * (it.at > at(20)))
        for it in record.samples
    ]
    assert problems(record) == []


@pytest.mark.parametrize("what", ["fds", "threads"])
def test_one_more_descriptor_or_thread_at_rest_is_found(what: str) -> None:
    record = good()
    record.samples = [
        replace(it, **{what: getattr(it, what) + 1}) if it.name == "a" and it.at > at(18) else it
        for it in record.samples
    ]
    assert only(record).startswith(f"a: {what} grew")


def test_the_runtime_of_go_may_add_two_threads_and_no_more() -> None:
    for more, wrong in ((2, 0), (3, 1)):
        record = good()
        record.steady = ["steady-go"]
        record.samples = [
            replace(it, name="steady-go", threads=it.threads + more * (it.at > at(18)))
            for it in record.samples
            if it.name == "a"
        ]
        assert len(problems(record)) == wrong


def test_more_descriptors_amid_trouble_are_none_of_it() -> None:
    record = good()
    record.samples = [
        replace(it, fds=it.fds + 30) if int((it.at - START) / SECOND / 60) % 2 else it
        for it in record.samples
    ]
    assert problems(record) == []


def test_a_cluster_that_is_whole_too_late_is_found() -> None:
    record = good()
    record.recoveries.append(Recovery("SIGSTOP", RECOVERY_S + 1, "a sees b as dead"))
    assert "after SIGSTOP: not whole" in only(record)
    assert "a sees b as dead" in only(record)


def test_a_living_node_that_two_call_dead_in_calm_is_found() -> None:
    record = good()
    record.deaths = [Death(at(2.1), "a", "c"), Death(at(2.2), "b", "c")]
    assert "c lived and was called DEAD by a, b in calm at minute 2.0" in only(record)


def test_one_accuser_or_trouble_makes_no_false_death() -> None:
    record = good()
    record.deaths = [
        Death(at(2.1), "a", "c"),
        Death(at(4.1), "b", "c"),
        Death(at(3.1), "a", "d"),
        Death(at(3.2), "b", "d"),
    ]
    assert problems(record) == []


def test_what_is_not_delivered_in_calm_is_found() -> None:
    record = good()
    record.calms[0] = replace(record.calms[0], heard=89)
    assert only(record) == "a in calm 1: 89 broadcasts of 90 were delivered"
    record.calms[0] = replace(record.calms[0], heard=90, got=8)
    assert only(record) == "a in calm 1: 8 messages of 7 were delivered"


@pytest.mark.parametrize("counter", [*NEVER, "failed", "unconfirmed", "lagged", "dropped_sealed"])
def test_a_counter_that_rises_in_calm_is_found(counter: str) -> None:
    record = good()
    record.calms[0].counters[counter] = 3
    assert only(record) == f"a in calm 1: {counter} rose by 3"


def test_what_the_run_itself_noted_is_told() -> None:
    record = good()
    record.failures.append("minute 3.0: house-1 wrote: seafoam ERROR")
    assert only(record) == "minute 3.0: house-1 wrote: seafoam ERROR"


def test_a_run_in_which_nothing_was_tried_proves_nothing() -> None:
    assert len(problems(Record(7, MINUTES, START, at(MINUTES)))) == 2


def test_a_record_reads_as_it_was_written(tmp_path: Path) -> None:
    record = good()
    record.deaths = [Death(at(2.1), "a", "c")]
    record.write(tmp_path / "record.json")
    assert read(tmp_path / "record.json") == record


def test_the_report_has_a_chart_of_each_figure_and_stands_between_its_marks(tmp_path: Path) -> None:
    record = good()
    paper.draw(record, tmp_path, "soak")
    for word in ("rss", "fds", "threads", "cpu"):
        assert ElementTree.parse(tmp_path / f"soak-{word}.svg").getroot().tag.endswith("svg")
    page = tmp_path / "soak.md"
    page.write_text(f"before\n{paper.BEGIN}\nold\n{paper.END}\nafter\n", encoding="utf-8")
    paper.put(page, paper.markdown(record, ["something"]))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "- something" in text
    assert "old" not in text


def test_a_process_is_sampled_with_what_the_kernel_counts() -> None:
    before = proc.look("self", os.getpid())
    with Path(os.devnull).open():
        during = proc.look("self", os.getpid())
    assert during.fds == before.fds + 1
    assert during.threads >= 1
    assert during.rss > 1000
    assert during.cpu > 0


def test_what_was_seen_so_far_is_kept_while_the_soak_goes_on(tmp_path: Path) -> None:
    record = good()
    record.end = 0
    kept = record.so_far(at(MINUTES))
    record.samples.clear()
    record.count("kill -9")
    kept.write(tmp_path / "record.json")
    again = read(tmp_path / "record.json")
    assert problems(again) == []
    assert again.end == at(MINUTES)
    assert again.samples == good().samples
    assert again.totals == {}
    assert [each.name for each in tmp_path.iterdir()] == ["record.json"]
