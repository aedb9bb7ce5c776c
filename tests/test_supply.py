"""What the product is made of, and what is known against it: the bill names everything, the audit tells how much it knows."""

import datetime
import importlib.util
import json
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from casebrief.models.catalog import Catalog
from conftest import ROOT

TODAY = datetime.date(2026, 11, 28)


@pytest.fixture(scope="module")
def supply() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply", ROOT / ".ci" / "supply.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bill(supply: ModuleType) -> dict:
    project, catalog = (tomllib.loads((ROOT / file).read_text()) for file in ("pyproject.toml", "models/catalog.toml"))
    return supply.bill(supply.locked((ROOT / "requirements.lock").read_text()), project, catalog)


def test_the_bill_names_every_locked_package_that_is_ever_installed(bill):
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = {line.split()[0] for line in lines if "==" in line and line[0] not in " #" and "'never'" not in line}
    assert len(pins) > 60
    named = {f"{one['name']}=={one['version']}": one for one in bill["components"] if one.get("purl", "").startswith("pkg:pypi/")}
    assert set(named) == pins
    assert all(one["externalReferences"][0]["hashes"] for one in named.values())


def test_the_bill_names_what_is_native_and_how_it_was_built(bill):
    native = {one["name"]: one for one in bill["components"] if one["bom-ref"].startswith("native:")}
    assert set(native) == {"libxml2", "libxslt", "pdfium", "llama.cpp"}
    assert all(one["version"] for one in native.values())
    assert "-fno-dse" in json.dumps(native["llama.cpp"]["properties"])


def test_the_bill_names_the_weights_by_the_sums_that_are_checked(bill, catalog: Catalog):
    named = {one["name"]: one["hashes"][0]["content"] for one in bill["components"] if one["type"] == "machine-learning-model"}
    entry = catalog.entry(catalog.default)
    assert entry.heads
    assert named == {entry.file: entry.sha256, entry.heads.file: entry.heads.sha256, **{one.file: one.sha256 for one in entry.adapters}}


def test_whatever_the_bill_refers_to_is_in_it_and_everything_is_reached_from_the_product(bill):
    known = {one["bom-ref"] for one in bill["components"]} | {"casebrief"}
    assert len(known) == len(bill["components"]) + 1
    needs = {one["ref"]: set(one["dependsOn"]) for one in bill["dependencies"]}
    reached, new = set(), {"casebrief"}
    while new:
        reached |= new
        new = set().union(*(needs.get(one, set()) for one in new)) - reached
    assert reached == known


# ------------------------------------------------------------------ advisories


LOCK = """\
a-package==1.0 \\
    --hash=sha256:00
    # via casebrief (pyproject.toml)
other==2.0 \\
    --hash=sha256:00
    # via
    #   a-package
"""


def told(*advisories: str, accepted: dict[str, str] | None = None, version: str = "1.0", asked_on: str = "2026-11-18") -> dict:
    known = [{"id": one, "aliases": [], "summary": "it burns", "fixed_in": ["1.1"]} for one in advisories]
    return {"accepted": accepted or {}, "packages": {f"a-package=={version}": {"asked_on": asked_on, "advisories": known}}}


def test_what_is_known_against_a_locked_version_fails_the_audit_and_tells_where_it_is_mended(supply):
    lines, well = supply.judge(supply.locked(LOCK), told("GHSA-1"), TODAY)
    assert not well
    assert lines[0] == "a-package==1.0: GHSA-1: it burns (mended in 1.1)"


def test_what_is_accepted_passes_with_its_reason(supply):
    lines, well = supply.judge(supply.locked(LOCK), told("GHSA-1", accepted={"GHSA-1": "we never call it"}), TODAY)
    assert well
    assert lines[0].endswith("accepted: we never call it")
    assert not supply.judge(supply.locked(LOCK), told("GHSA-1", "GHSA-2", accepted={"GHSA-1": "we never call it"}), TODAY)[1]


def test_the_age_of_what_is_known_and_what_was_never_asked_are_told(supply):
    assert supply.judge(supply.locked(LOCK), told(), TODAY) == (
        [
            "audit: 1 of 2 locked packages were asked about, 10 to 10 days ago",
            "audit: nothing is known of other: python3 .ci/supply.py refresh asks",
        ],
        True,
    )
    assert "0 of 2" in supply.judge(supply.locked(LOCK), told(version="0.9"), TODAY)[0][0]


def test_what_is_locked_here_has_nothing_known_against_it(supply):
    lines, well = supply.judge(supply.locked(Path(supply.LOCK).read_text()), json.loads(Path(supply.ADVISORIES).read_text()), TODAY)
    assert well, lines
