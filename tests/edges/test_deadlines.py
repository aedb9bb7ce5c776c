"""Deadlines and turns: what was read in time comes back, what cannot be is refused at once, and requests and jobs wait for each other fairly."""

import asyncio
import threading

import pytest
from casebrief.service.domain.schema import Timings
from casebrief.service.edges.desk import Desk
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.speed import Speed
from conftest import HANG_S
from gated import CLIENT, ONE, TEXT, THREE, finished, problem, served, taken

# ---------------------------------------------------------------------- deadlines


def test_at_the_deadline_what_was_read_comes_back_and_says_that_it_is_not_all(here):
    here.engine.let.release(2)
    answer = CLIENT.post(f"{here.address}/v1/summaries", json={**THREE, "deadline_s": 1.0})
    assert answer.status_code == 200
    told = answer.json()
    assert told["partial"] is True
    assert [(line["outcome"], line["reason"]) for line in told["ledger"]][2] == ("failed", "not read before the deadline")
    assert [line["outcome"] for line in told["ledger"][:2]] == ["used", "used"]
    assert {citation["article"] for fact in told["summary"]["defendants"] for citation in fact["citations"]} == {"a1", "a2"}


def test_a_deadline_before_an_article_was_read_is_told_so(here):
    assert problem(CLIENT.post(f"{here.address}/v1/summaries", json={**ONE, "deadline_s": 0.3}), 504) == "deadline"
    failed = finished(here, taken(here, {**ONE, "deadline_s": 0.3}))
    assert failed["problem"]["type"].endswith("deadline")


def test_what_cannot_be_done_in_time_is_refused_before_a_word_is_read_with_the_time_that_it_takes(tmp_path):
    with served(jobs_dir=tmp_path) as server:
        server.desk.speed = Speed()
        server.desk.speed.measured(1000, timings(1.0))
        long = {"articles": [{"text": TEXT + " It rained." * 2000}], "deadline_s": 10}
        refused = CLIENT.post(f"{server.address}/v1/summaries", json=long)
        assert problem(refused, 422) == "cannot-be-done-in-time"
        assert 20 <= refused.json()["seconds_needed"] <= 25
        failed = finished(server, taken(server, long))
        assert failed["problem"]["seconds_needed"] == refused.json()["seconds_needed"]


def timings(prefill_s: float) -> Timings:
    return Timings(queued_s=0, reading_s=0, prefill_s=prefill_s, decode_s=0, total_s=0, prompt_tokens=1, prompt_tokens_reused=0, output_tokens=0)


def test_the_speed_is_that_of_the_last_jobs_and_refuses_nothing_that_the_best_of_them_could_do():
    speed = Speed()
    speed.check(10**9, 0.1)  # nothing is known
    assert speed.seconds(100) is None
    assert Speed(100.0).seconds(1000) == 10
    for read, seconds in ((1000, 1.0), (1000, 4.0)):
        speed.measured(read, timings(seconds))
    assert speed.seconds(4000) == 10
    speed.check(4000, 4.1)
    with pytest.raises(Problem, match=r"takes about 10 s on this machine, and the deadline is 3\.9 s"):
        speed.check(4000, 3.9)


# ---------------------------------------------------------------------- the desk


def served_order(concurrency: int, lines: list[str]) -> list[str]:
    """The lines in the order in which they were served, all waiting behind one request that fills the desk."""
    order: list[str] = []

    async def stays() -> bool:
        return False

    async def run() -> None:
        desk, full = Desk(concurrency, 99, 1), threading.Event()
        blocking = [asyncio.create_task(desk.run(lambda turn: full.wait(), HANG_S, stays)) for _ in range(concurrency)]
        await asyncio.sleep(0)
        tasks = []
        for line in lines:
            tasks.append(asyncio.create_task(desk.run(lambda turn, line=line: order.append(line), HANG_S, stays, line)))
            await asyncio.sleep(0)
        full.set()
        await asyncio.gather(*blocking, *tasks)

    asyncio.run(run())
    return order


def test_jobs_and_requests_take_turns_where_both_wait():
    assert served_order(1, ["jobs"] * 4 + ["requests"] * 2) == ["jobs", "requests", "jobs", "requests", "jobs", "jobs"]


def test_the_time_to_come_again_counts_the_requests_before_in_the_places_that_jobs_leave():
    async def stays() -> bool:
        return False

    async def told(jobs: int) -> int:
        desk, full = Desk(3, 0, 1), threading.Event()
        desk._took["requests"].extend([6.0] * 9)
        running = [asyncio.create_task(desk.run(lambda turn: full.wait(), HANG_S, stays, line)) for line in ["jobs"] * jobs + ["requests"] * (3 - jobs)]
        await asyncio.sleep(0.01)
        try:
            await desk.run(lambda turn: None, HANG_S, stays)
        except Problem as refused:
            return int(refused.headers["Retry-After"])
        finally:
            full.set()
            await asyncio.gather(*running)
        raise AssertionError("nobody was refused")

    assert [asyncio.run(told(jobs)) for jobs in (0, 1, 2)] == [6, 6, 6]
