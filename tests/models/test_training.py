"""The training: targets are what is marked, nothing of the evaluation is taught, and a stopped run goes on."""

import importlib.util
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from casebrief.models import viterbi
from casebrief.models.encoding import Encoder
from casebrief.models.engine import EngineConfig
from casebrief.models.heads import Heads, Linear
from casebrief.models.training import check
from casebrief.models.training.calibrate import START, Read, best_shifts, calibrated, error_of, fit, lines_of, shifted
from casebrief.models.training.examples import FURNITURE, LABELS, NOT_TOLD, WHO, example, passages, places_of, tokens_of
from casebrief.models.training.feeding import STEP_TOKENS, split, steps
from conftest import SEEDS

# ---------------------------------------------------------------------- examples


def test_a_token_stands_where_its_piece_is(mill, tokenizer):
    text = mill.articles[0].text + "\nÜber 😀 naïve “quotes” — ﬁn.\n"
    ids, places = tokens_of(text, tokenizer)
    pieces = [tokenizer._llama.detokenize([token]) for token in ids]
    assert sum(text[start:end].encode() == piece for piece, (start, end) in zip(pieces, places, strict=True)) > len(ids) / 2
    for piece, (start, end) in zip(pieces, places, strict=True):
        assert piece == b"\n" or piece in text[start:end].encode()
    assert all(before[0] <= after[0] for before, after in itertools.pairwise(places))


def test_the_product_reads_the_tokens_that_are_taught(mill, corpus, tokenizer, config: EngineConfig):
    encoder = Encoder(config, 256)
    for article in (*mill.articles, *corpus[3].articles):
        told = [encoder.pieces("\n" * bool(place) + span.of(article.text))[0] for place, span in enumerate(passages(article.text))]
        assert tokens_of(article.text, tokenizer)[0] == list(itertools.chain(*told))
    encoder.close()


def test_what_is_taught_reads_back_as_what_is_marked(mill, corpus, tokenizer):
    for case in (mill, *corpus[10:200:40]):
        for article in case.articles:
            one = example(article, case, tokenizer)
            scores = np.log(np.maximum(np.eye(3)[one.targets], 1e-6))
            found = {(int(label), int(first), int(behind)) for label, first, behind in viterbi.spans(scores)}
            assert found == {(spot.label, spot.start, spot.end) for spot in one.spots}
            assert len(one.spots) == len(places_of(article))
            for spot, (label, start, end) in zip(one.spots, places_of(article), strict=True):
                assert LABELS[spot.label] == label
                covered = [place for place in one.places if place[0] < end and place[1] > start]
                assert article.text[start:end] in article.text[one.places[spot.start][0] : one.places[spot.end - 1][1]]
                assert spot.end - spot.start <= len(covered)


def test_members_facts_and_classes_are_those_of_the_case(mill, tokenizer):
    one = example(mill.articles[0], mill, tokenizer)
    asked = next(spot for spot in one.spots if LABELS[spot.label] == "relief_sought")
    assert (asked.who, asked.fact) == (WHO.index("relief_sought.damages"), ("relief_sought", "d"))
    furniture = next(spot for spot in one.spots if LABELS[spot.label] == FURNITURE)
    assert (furniture.who, furniture.fact) == (None, None)
    settled = example(mill.articles[1], mill, tokenizer)
    assert (one.kinds[0], one.kinds[2]) == (settled.kinds[0], settled.kinds[2])
    assert one.kinds[1] != settled.kinds[1]


def test_an_article_that_is_not_whole_is_of_the_classes_that_it_still_shows(mill, tokenizer):
    shown = example(mill.articles[0], mill, tokenizer, whole=False)
    assert shown.kinds[1:] == example(mill.articles[0], mill, tokenizer).kinds[1:]
    assert shown.kinds[0] == NOT_TOLD, "no words of it show the kind of proceeding"
    bare = example(replace(mill.articles[0], marks=()), mill, tokenizer, whole=False)
    assert bare.kinds == (NOT_TOLD, NOT_TOLD, NOT_TOLD)


def test_cases_held_out_are_taught_in_no_step(corpus):
    learnt, held = split(corpus)
    assert len(learnt) + len(held) == len(corpus)
    assert 0 < len(held) <= len(corpus) / 19
    assert not {case.id for case in learnt} & {case.id for case in held}


def test_steps_are_the_same_again_and_every_case_comes_once_an_epoch(corpus, tokenizer):
    cases = corpus[:6]
    first, again = ([next(source) for _ in range(2)] for source in (steps(cases, tokenizer), steps(cases, tokenizer)))
    for parts, others in zip(first, again, strict=True):
        assert sum(part.tokens for part in parts) >= STEP_TOKENS
        assert [part.cases for part in parts] == [part.cases for part in others]
        assert [one.ids for part in parts for one in part.examples] == [one.ids for part in others for one in part.examples]
    order = [case for case, _ in itertools.groupby(number for parts in first for part in parts for number in part.cases)]
    assert sorted(order[: len(cases)]) == list(range(len(cases)))


# ---------------------------------------------------------------------- nothing of the evaluation


def test_no_sentence_and_no_name_of_the_evaluation_is_taught():
    texts = check.texts_of_evaluation() + [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]
    assert check.problems(check.texts_of_training(), texts, check.names_of_evaluation()) == []


def test_the_check_finds_a_name_a_sentence_and_a_run_of_words():
    taught = ["Judge Miriam Achterberg rose.\n\nHe counted every spoon twice. And they walked along the river until the sun went down at last, singing."]
    theirs = "He counted every spoon, twice.\nHe counted every spoon twice. She too walked along the river until the sun went down at last."
    found = check.problems([*taught], [theirs], [("miriam", "achterberg"), ("ada", "stone")])
    assert found[0] == "a name: miriam achterberg"
    assert not [one for one in found if "ada" in one]
    assert any(one.startswith("9 words in a row: walked along the river until the sun went down") for one in found)
    long = "He counted every spoon in the house."
    assert check.problems([long], [f"A line.\n{long}"], []) == [f"a sentence: {long}"]


def test_set_phrases_of_the_trade_are_no_problem():
    phrase = "It did not immediately respond to a request for comment."
    assert check.problems([phrase], [f"They {phrase[3:]}"], []) == []


# ---------------------------------------------------------------------- calibration


def drawn(line: tuple[float, float], count: int, seed: int) -> list[tuple[float, float]]:
    chance = np.random.default_rng(seed)
    probabilities = 1 - chance.random(count) ** 2
    right = chance.random(count) < 1 / (1 + np.exp(-(line[0] + line[1] * np.log(probabilities))))
    return list(zip(probabilities.tolist(), right.astype(float).tolist(), strict=True))


def test_a_fit_finds_the_line_that_made_the_spans_and_mends_their_probabilities():
    seen = drawn((1.5, 2.5), 6000, 1)
    line = fit(seen, pull=0.01)
    assert line == pytest.approx((1.5, 2.5), abs=0.3)
    assert error_of(calibrated(seen, line)) < 0.03 < error_of(seen)


def test_a_fit_is_the_best_line_near_it():
    seen, pull, towards = drawn((0.4, 0.8), 40, 2), 4.0, (0.5, 1.5)

    def cost(line: tuple[float, float]) -> float:
        made = calibrated(seen, line)
        return -sum(math.log(p if right else 1 - p) for p, right in made) + pull / 2 * math.dist(line, towards) ** 2

    best = fit(seen, towards, pull)
    assert all(cost(best) <= cost((best[0] + a, best[1] + b)) for a in (-0.01, 0, 0.01) for b in (-0.01, 0, 0.01))


@pytest.mark.parametrize("seen", [[(1.0, True)] * 50, [(0.0, False), (1.0, True)] * 50, [(1.0, False)] * 50])
def test_a_fit_ends_where_spans_are_all_sure(seen):
    assert all(math.isfinite(number) for number in fit(seen))


def test_a_label_of_few_spans_follows_all_labels_together():
    lines = lines_of({"many": drawn((-1.0, 0.5), 2000, 3), "few": [(0.9, True)], "none": []})
    assert math.dist(lines["few"], lines["none"]) < 0.2
    assert lines["none"] == pytest.approx(lines["many"], abs=0.1)
    assert math.dist(lines["none"], START) > 0.5


def test_a_label_that_says_too_little_is_made_readier_and_one_that_says_enough_is_left():
    """Rows of five tokens: "shy" is marked on two of them, where its "out" wins by 0.7; "fair" is right as it is."""
    heads = Heads(("fair", "shy"), Linear(np.zeros((6, 4), np.float32), np.zeros(6, np.float32)))
    rows = np.tile(np.array([9, 0, 0, 9, 0, 0], np.float32), (5, 1))
    rows[1, :3] = (0, 9, 0)
    rows[2:4, 3:] = [(2.7, 2, 0), (2.7, 0, 2)]
    read = Read(rows, [("fair", 1, 2), ("shy", 2, 4)])
    assert best_shifts(heads, [read]) == {"fair": 0.0, "shy": 1.0}
    moved = shifted(heads, {"shy": 1.0})
    assert moved.label_scores.bias.tolist() == [0, 0, 0, -1, 0, 0]


# ---------------------------------------------------------------------- with the training's own library

torch_is_here = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is in the training's environment alone")


def tiny(width: int = 16):
    import torch
    from casebrief.models.training.weights import Base

    torch.manual_seed(1)
    sizes = {"attn_q": (width, width), "attn_k": (width // 2, width), "attn_v": (width // 2, width), "attn_output": (width, width)}
    sizes |= {"ffn_gate": (24, width), "ffn_up": (24, width), "ffn_down": (width, 24), "attn_norm": (width,), "ffn_norm": (width,)}
    layers = tuple({name: torch.randn(size) / 4 for name, size in sizes.items()} for _ in range(2))
    return Base(torch.randn(49152, width), torch.ones(width), layers, 2, 1, 1e-5, 10000.0)


def tiny_trainer(seed: int = 1, workers: int = 1):
    import torch
    from casebrief.models.training.network import Network
    from casebrief.models.training.teaching import TaughtHeads
    from casebrief.models.training.train import Trainer

    base = tiny()
    torch.manual_seed(seed)
    return Trainer(Network(base, 4, 8.0), TaughtHeads(16), "cpu", workers)


@torch_is_here
def test_articles_of_one_pass_do_not_see_each_other():
    import torch

    network, ids = tiny_trainer().network, torch.arange(100, 130)
    with torch.no_grad():
        together, apart = network(ids, [20, 10]), torch.cat([network(ids[:20], [20]), network(ids[20:], [10])])
    assert torch.allclose(together, apart, atol=1e-3)
    assert not torch.allclose(together, network(ids, [30]), atol=1e-3)


@torch_is_here
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(corpus, tokenizer, tmp_path):
    parts = [next(steps(corpus[:3], tokenizer))[:2]] * 3
    whole, stopped, resumed = tiny_trainer(), tiny_trainer(), tiny_trainer(seed=2)
    lines = [whole.learn(step, 0.1) for step in parts]
    stopped.learn(parts[0], 0.1)
    stopped.save(tmp_path / "state.pt")
    resumed.load(tmp_path / "state.pt")
    assert [resumed.learn(step, 0.1) for step in parts[1:]] == lines[1:]
    assert resumed.log == whole.log
    for name, value in whole.parts.state_dict().items():
        assert (resumed.parts.state_dict()[name] == value).all()
        assert (resumed.average[name] == whole.average[name]).all()


@torch_is_here
def test_two_processes_learn_what_one_learns(corpus, tokenizer):
    step = next(steps(corpus[:9], tokenizer))
    alone, first, second = tiny_trainer(), tiny_trainer(workers=2), tiny_trainer(workers=2)
    lines = [[trainer.learn(step, 0.1) for _ in range(2)] for trainer in (alone, first, second)]
    assert len(step) > 1
    assert lines[1] == lines[2]
    for one, other in zip(lines[0], lines[1], strict=True):
        assert other == pytest.approx(one, rel=0.01)


@torch_is_here
def test_a_further_run_begins_from_what_was_exported(tmp_path):
    import torch
    from casebrief.models.training.exporting import begin_from, export

    first, second = tiny_trainer(), tiny_trainer(seed=2)
    files = tmp_path / "adapter.gguf", tmp_path / "heads.gguf"
    with torch.no_grad():
        for value in first.parts.parameters():
            value.copy_(torch.randn_like(value))
    export(first.network, first.heads, *files)
    begin_from(second.network, second.heads, *files)
    for name, value in first.parts.state_dict().items():
        assert torch.equal(second.parts.state_dict()[name].half(), value.half()) or name.endswith("same_scale")


@torch_is_here
def test_a_start_of_another_rank_is_refused(tmp_path):
    from casebrief.models.training.exporting import begin_from, export
    from casebrief.models.training.network import Network

    trainer = tiny_trainer()
    files = tmp_path / "adapter.gguf", tmp_path / "heads.gguf"
    export(trainer.network, trainer.heads, *files)
    with pytest.raises(ValueError, match="rank 8 fit"):
        begin_from(Network(tiny(), 8, 8.0), trainer.heads, *files)
