"""The file of jobs: each is done once, whatever process works on it or dies; nothing is left of what is over; nobody else can read it."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from casebrief.service.edges.clerk import lives, this_process
from casebrief.service.jobs.errors import JobsFault, KeyTaken, TooManyJobs
from casebrief.service.jobs.job import Job, New, Outcome
from casebrief.service.jobs.store import JobStore

WORDS = b"Norvane sold kettles that melt"
RESULT = b'{"told": "the kettles melt"}'
DAY = 86400.0


def new(number: int = 0, **about) -> New:
    return New(request=WORDS + b" %d" % number, sum=str(number), articles=2, characters=40, **about)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "jobs.sqlite"


@pytest.fixture
def store(path: Path, clock: Clock) -> JobStore:
    return JobStore(path, "one", DAY, clock)


def kinds(store: JobStore, job: Job) -> list[str]:
    return [event.kind for event in store.events(job.id)]


def claimed(store: JobStore) -> Job:
    taken = store.claim()
    assert taken
    return taken[0]


def test_jobs_are_taken_in_their_order_each_once_by_however_many(path, store):
    made = [store.add(new(number), most=100).id for number in range(30)]
    taken, lock = [], threading.Lock()

    def work(owner: str) -> None:
        mine = JobStore(path, owner, DAY)
        while found := mine.claim():
            with lock:
                taken.append(found[0].id)
            assert mine.end(found[0].id, Outcome("done", RESULT))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, ["one", "two", "three"]))
    assert sorted(taken) == sorted(made)
    assert all([event.kind for event in store.events(name)] == ["queued", "started", "done"] for name in made)


def test_what_a_dead_process_held_is_done_by_another_and_its_late_end_counts_no_more(path, store):
    job, behind = store.add(new(1), most=9), store.add(new(2), most=9)
    assert claimed(store).id == job.id
    other = JobStore(path, "two", DAY)
    other.adopt(lambda owner: owner == "two")
    again = claimed(other)
    assert (again.id, again.begun, store.before(behind.id)) == (job.id, 2, 0)
    assert not store.held(job.id)
    assert not store.end(job.id, Outcome("done", b'"of the dead"'))
    assert other.end(job.id, Outcome("done", RESULT))
    assert other.document(job.id) == RESULT
    assert kinds(store, job) == ["queued", "started", "started", "done"]


def test_a_process_that_lives_keeps_what_it_works_on_and_nothing_else(store):
    mine = JobStore(store._path, this_process(), DAY)
    job = mine.add(new(), most=9)
    mine.claim()
    JobStore(store._path, "two", DAY).adopt(lives)
    mine.adopt(lives, held=[job.id])
    assert mine.held(job.id)
    mine.adopt(lives)
    assert not mine.held(job.id), "it could not write down how the job ended"
    assert not lives("1-0.5")
    assert not lives("nobody")


def test_what_is_put_back_keeps_its_place_and_counts_as_begun_only_if_it_failed(store):
    first, second = store.add(new(1), most=9), store.add(new(2), most=9)
    claimed(store)
    store.put_back(first.id, begun=False)
    assert claimed(store).begun == 1
    store.put_back(first.id, begun=True)
    assert (claimed(store).begun, claimed(store).id) == (2, second.id)


def test_one_request_under_one_key_is_one_job_and_another_is_refused(store):
    one = store.add(new(1, key="mine"), most=1)
    assert store.add(new(1, key="mine"), most=1).id == one.id, "though no more may wait"
    with pytest.raises(KeyTaken, match="'mine'"):
        store.add(new(2, key="mine"), most=9)
    with pytest.raises(TooManyJobs) as refused:
        store.add(new(2), most=1)
    assert refused.value.waiting == 1


def test_who_cancels_ends_what_had_not_ended_and_deletes_what_had(store):
    waiting, running = store.add(new(1), most=9), store.add(new(2), most=9)
    assert store.cancel(waiting.id) == waiting
    cancelled = store.job(waiting.id)
    assert cancelled
    assert cancelled.state == "cancelled"
    assert claimed(store).id == running.id
    assert store.cancel(running.id)
    assert not store.held(running.id)
    assert not store.end(running.id, Outcome("done", RESULT))
    assert kinds(store, running) == ["queued", "started", "cancelled"]
    ended = store.cancel(running.id)
    assert ended
    assert ended.ended
    assert store.job(running.id) is store.cancel(running.id) is None
    assert store.events(running.id) == []


def files(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_nothing_is_left_of_a_request_that_ended_nor_of_a_result_whose_time_is_over(path, store, clock):
    job = store.add(new(), most=9)
    assert WORDS in files(path)
    claimed(store)
    store.end(job.id, Outcome("done", RESULT))
    clock.now += DAY - 1
    store.expire()
    assert store.document(job.id) == RESULT
    clock.now += 2
    store.expire()
    assert store.job(job.id) is None
    assert WORDS not in files(path)
    assert RESULT not in files(path)


def test_what_somebody_is_to_be_told_of_waits_until_it_was_told(store, clock):
    job = store.add(new(webhook="http://localhost/"), most=9)
    assert store.untold() == []
    claimed(store)
    store.end(job.id, Outcome("done", RESULT))
    assert [one.id for one in store.untold()] == [job.id]
    store.told(job.id)
    assert store.untold() == []


def test_the_files_are_their_owners_alone(path, store):
    with store._writing():
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    store.add(new(), most=9)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JobsFault, match=r"jobs\.sqlite: File exists"):
        JobStore(tmp_path / "file" / "jobs.sqlite", "one", DAY).add(new(), most=9)
