"""What users of neighbouring services complain of, each with the tests that would notice it here; those that no other file holds follow."""

import ast
import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from asking import SUMMARIES, ask
from casebrief.models.errors import Cancelled
from casebrief.service.edges.desk import ClientGone, Desk, Turn
from conftest import HANG_S, ROOT

COMPLAINTS = {
    # over HTTP
    "one request blocks the loop, and health checks time out": {
        "edges/test_strangers.py": [
            "a_body_is_parsed_in_time_linear_in_its_size",
            "others_are_served_while_a_body_is_parsed",
            "20000_keys_are_refused_with_a_short_answer",
        ],
        "faults/test_harness.py": ["the_largest_request"],
    },
    "a page that the user visits drives the local server": {
        "edges/test_strangers.py": ["another_name_is_answered_nothing", "a_page_of_another_site_can_start_nothing"],
        "edges/test_files.py": ["other_content_types_are_told_what_is_read"],
    },
    "the job of a client that left goes on": {"edges/test_http.py": ["a_client_that_goes_away_ends_its_job"], "faults/test_harness.py": ["clients_that_leave"]},
    "a queued client that leaves cancels another's job": {"edges/test_service_complaints.py": ["clients_that_leave_the_queue_cancel_nobody_else"]},
    "parallel requests interrupt, crash, freeze": {
        "edges/test_http.py": ["many_at_once_are_each_answered", "beyond_the_queue_there_is_503_with_a_measured_retry_after"],
        "faults/test_harness.py": ["twenty_times_as_many_as_can_be_served"],
    },
    "the end cuts, or hangs": {
        "edges/test_http.py": ["sigterm_finishes_what_runs_and_leaves", "what_does_not_finish_within_the_limit_is_told_so"],
        "faults/test_harness.py": ["a_server_that_is_killed_takes_its_worker_along"],
    },
    "the engine hangs or dies": {
        "models/test_supervisor.py": [
            "native_death_is_a_typed_error_and_the_next_job_succeeds",
            "a_hang_is_noticed_and_ended",
            "a_worker_that_stands_still_while_it_starts_is_noticed_long_before_the_longest_start",
            "a_start_that_somebody_ended_is_tried_again_as_it_was",
        ],
        "faults/test_harness.py": ["a_worker_killed_and_stopped"],
    },
    "bodies that never come": {"edges/test_strangers.py": ["who_sends_too_slowly_is_cut_and_others_are_served"]},
    "a traceback for a client that leaves while it sends": {"edges/test_strangers.py": ["a_client_that_leaves_while_it_sends_leaves_no_trace"]},
    "deep JSON": {"edges/test_http.py": ["what_does_not_fit_is_refused_with_a_problem"]},
    "content types and encodings are refused in technical words": {
        "edges/test_strangers.py": ["a_byte_order_mark_is_passed_over", "a_compressed_body_is_told_so"],
        "edges/test_files.py": ["other_content_types_are_told_what_is_read", "a_form_with_files_is_the_same_request"],
    },
    "numbers beyond all bounds": {
        "edges/test_strangers.py": ["a_number_of_many_digits_is_told_in_words_of_the_request"],
        "edges/test_service_complaints.py": ["a_number_beyond_all_bounds_is_refused_in_words_of_the_request"],
    },
    "days that are none": {"edges/test_strangers.py": ["what_is_no_day_is_refused", "of_a_time_the_day_is_taken_as_it_is_written", "a_day_to_come_is_taken"]},
    "too many, too long": {"edges/test_http.py": ["limits_are_settings", "a_body_beyond_every_limit_is_refused_before_it_has_all_come"]},
    # size and time
    "a long article takes for ever": {"models/test_labels.py": ["the_cost_grows_with_the_length", "windows_cover_every_token_once_and_far_from_their_edges"]},
    "what cannot be done in the deadline is begun, and all of it lost": {
        "edges/test_deadlines.py": [
            "what_cannot_be_done_in_time_is_refused_before_a_word_is_read_with_the_time_that_it_takes",
            "at_the_deadline_what_was_read_comes_back_and_says_that_it_is_not_all",
        ]
    },
    "the context is cut without a word": {
        "models/test_labels.py": ["windows_cover_every_token_once_and_far_from_their_edges"],
        "models/test_supervisor.py": ["errors_keep_their_type_through_the_pipe"],
    },
    "health waits while a large request is read": {"faults/test_harness.py": ["the_largest_request"]},
    "no cancel, no progress": {
        "edges/test_jobs.py": ["what_is_cancelled_ends_at_once_and_what_waited_is_never_begun", "a_job_tells_its_place_its_article_and_its_result"]
    },
    # files, folders, installation
    "no writable home": {
        "edges/test_faults.py": [
            "a_cache_that_cannot_be_made_is_a_note_and_articles_are_read",
            "an_unknown_user_without_a_home_or_with_one_that_is_read_only_or_missing_gets_a_summary",
            "doctor_tells_what_is_lesser_without_a_home",
        ]
    },
    "a full disk at the start": {"edges/test_faults.py": ["a_cache_that_is_full_costs_no_answer_of_a_model_that_reads_by_prompts"]},
    "a disk that fills, a folder that goes, while it runs": {
        "faults/test_harness.py": ["a_full_disk"],
        "models/test_cache.py": ["a_file_that_is_deleted_while_it_is_used_is_made_again"],
    },
    "what is kept is torn": {
        "models/test_cache.py": ["a_broken_file_costs_time_and_no_answer"],
        "models/test_machine.py": ["the_kept_table_is_the_one_that_would_be_made"],
        "faults/test_harness.py": ["a_cache_broken_while_it_is_used", "kills_while_it_is_written_into"],
    },
    "a file that is no model": {"edges/test_faults.py": ["a_file_that_is_no_model_is_bad_input"]},
    "weights that vanish while it runs": {"edges/test_faults.py": ["weights_that_vanish_while_the_service_runs_are_made_again"]},
    "a folder of models that is read-only or full": {
        "edges/test_faults.py": [
            "full_folders_cost_speed_and_no_answer",
            "a_form_of_weights_that_was_asked_for_and_finds_no_room_is_one_line_and_leaves_nothing",
        ]
    },
    "the port is in use": {"edges/test_faults.py": ["a_port_that_is_taken_is_told_before_a_model_is_started"]},
    "an output that is not UTF-8": {
        "edges/test_faults.py": ["json_is_the_same_whatever_the_output_can_spell", "what_an_output_cannot_spell_is_told_by_its_number"]
    },
    "an output that is full, or that nobody reads": {
        "edges/test_faults.py": ["an_output_that_is_full_is_one_line_and_a_code_of_its_own", "a_summary_into_a_full_output_is_told"],
        "edges/test_service_complaints.py": ["an_output_that_nobody_reads_is_left_quietly"],
    },
    "a folder whose files shadow modules": {"edges/test_cli.py": ["a_hostile_folder_changes_nothing"]},
    "what is installed is not what was tried": {"test_wheel.py": ["it_summarises_from_any_folder", "it_serves_from_any_folder"]},
    "a user without a line in passwd": {"edges/test_faults.py": ["an_unknown_user_without_a_home_can_ask"]},
}
"""By file below ``tests``, the names of tests without ``test_``. Newer Pythons are no complaint that a test on one of them could notice: the lock is resolved for all."""


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_every_complaint_has_its_tests(complaint):
    for file, names in COMPLAINTS[complaint].items():
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert {f"test_{name}" for name in names} <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_clients_that_leave_the_queue_cancel_nobody_else():
    begun, end = threading.Event(), threading.Event()

    def work(turn: Turn) -> str:
        begun.set()
        assert end.wait(HANG_S)
        if turn.stop():
            raise Cancelled("it was stopped")
        return "whole"

    async def stays() -> bool:
        return False

    async def leaves() -> bool:
        return True

    async def told() -> str:
        desk = Desk(1, 6, 1.0)
        first = asyncio.create_task(desk.run(work, HANG_S, stays))
        await asyncio.to_thread(begun.wait)
        others = await asyncio.gather(*(desk.run(work, HANG_S, leaves) for _ in range(6)), return_exceptions=True)
        assert [type(one) for one in others] == [ClientGone] * 6
        assert (desk.running, desk.waiting) == (1, 0)
        end.set()
        return await first

    assert asyncio.run(told()) == "whole"


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e-400", "-0.0"])
def test_a_number_beyond_all_bounds_is_refused_in_words_of_the_request(wired, number):
    body = json.dumps({"articles": [{"text": "A story."}], "deadline_s": 1}).replace('"deadline_s": 1', f'"deadline_s": {number}')
    response = ask(wired, "POST", SUMMARIES, content=body.encode(), headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/deadline_s"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="pipes are POSIX's")
def test_an_output_that_nobody_reads_is_left_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-P", "-m", "casebrief.evals.cli", "models", "list"], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode != 0, done.stderr) == (True, b"")
