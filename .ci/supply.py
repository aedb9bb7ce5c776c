#!/usr/bin/env python3
"""What the product is made of, and what is known against it.

    .venv/bin/python .ci/supply.py sbom               write dist/casebrief.cdx.json, a software bill of materials (CycloneDX 1.6): every package of
                                                      requirements.lock, the native libraries inside them, llama.cpp and how it was built, the weights
    python3 .ci/supply.py audit                       look for the locked versions in .ci/advisories.json; asks nobody, fails where one is known against
    python3 .ci/supply.py refresh [NAME ...]          ask the package index what is known against the locked versions, all or those named, and write it there

An advisory that does not concern the product stands under "accepted" in that file, with the reason.
"""

from __future__ import annotations

import argparse
import ctypes
import datetime
import http
import importlib.metadata
import importlib.util
import json
import re
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK, ADVISORIES, BILL = ROOT / "requirements.lock", ROOT / ".ci" / "advisories.json", ROOT / "dist" / "casebrief.cdx.json"
INDEX = ("https://pypi.org/pypi/{name}/{version}/json", "https://pypi.org/pypi/{name}/json")
"""Of a version, and of the newest one: an index may tell the second alone."""
ASKED_S = 30
_ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?P<rest>.*(?:\n[ #].*)*)", re.MULTILINE)
_SUM = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(r"^ +#(?: via|  ) ([a-z0-9._-]+)(?: \(pyproject.toml\))?$", re.MULTILINE)
NEVER = "sys_platform == 'never'"
"""The marker of what the lock names and nothing installs (`override-dependencies` in pyproject.toml)."""


@dataclass(frozen=True)
class Locked:
    """A package of the lock: the sums of its files, and which packages want it."""

    name: str
    version: str
    sums: tuple[str, ...]
    wanted_by: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version}"


def locked(lock: str) -> list[Locked]:
    """The packages of a lock file that are installed on some platform; two versions of one where platforms differ."""
    found = [(one["name"], one["version"], one["rest"]) for one in _ENTRY.finditer(lock)]
    return [Locked(name, version, tuple(_SUM.findall(rest)), tuple(_VIA.findall(rest))) for name, version, rest in found if NEVER not in rest]


# ------------------------------------------------------------------ the bill


def bill(packages: list[Locked], project: dict[str, Any], catalog: dict[str, Any]) -> dict[str, Any]:
    """The bill; the same for the same files and the same installation."""
    own = {"type": "application", "bom-ref": "casebrief", "name": "casebrief", "version": project["project"]["version"]}
    own["licenses"] = [{"expression": project["project"]["license"]}]
    inside = list(_inside(project))
    weights = list(_weights(catalog))
    needs: dict[str, set[str]] = {"casebrief": {weight["bom-ref"] for weight in weights}, **{package.purl: set() for package in packages}}

    def refs(name: str) -> list[str]:
        return ["casebrief"] if name == "casebrief" else [package.purl for package in packages if package.name == name]

    for wanted, ref in [(wanting, package.purl) for package in packages for wanting in package.wanted_by] + [(name, one["bom-ref"]) for name, one in inside]:
        for wanting in refs(wanted):
            needs[wanting].add(ref)
    components = [*map(_library, packages), *(component for _, component in inside), *weights]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(wanted)} for ref, wanted in needs.items()],
    }


def _library(package: Locked) -> dict[str, Any]:
    component: dict[str, Any] = {"type": "library", "bom-ref": package.purl, "name": package.name, "version": package.version, "purl": package.purl}
    files = {"type": "distribution", "url": f"https://pypi.org/project/{package.name}/{package.version}/#files"}
    component["externalReferences"] = [{**files, "hashes": [{"alg": "SHA-256", "content": one} for one in package.sums]}]
    if license_ := _license(package.name):
        component["licenses"] = [license_]
    return component


def _license(name: str) -> dict[str, Any] | None:
    """What an installed package says of its licence: an expression, or words."""
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if expression := told.get("License-Expression"):
        return {"expression": expression}
    classified = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier", []) if line.startswith("License :: ")]
    words = " or ".join(classified) or (told.get("License") or "").partition("\n")[0]
    return {"license": {"name": words}} if words else None


def _inside(project: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Native libraries that packages carry, each with the package's name: as the installed ones tell of themselves."""
    from lxml import etree
    from pypdfium2 import PDFIUM_INFO

    yield "lxml", _native("libxml2", ".".join(map(str, etree.LIBXML_VERSION)))
    yield "lxml", _native("libxslt", ".".join(map(str, etree.LIBXSLT_VERSION)))
    yield "pypdfium2", _native("pdfium", str(PDFIUM_INFO))
    spec = importlib.util.find_spec("llama_cpp")
    assert spec is not None
    assert spec.origin is not None
    base = ctypes.CDLL(str(next(Path(spec.origin).parent.glob("lib/*ggml-base.*"))))
    base.ggml_version.restype = base.ggml_commit.restype = ctypes.c_char_p
    commit = base.ggml_commit().decode().partition("-")[0]
    flags = project["tool"]["uv"]["extra-build-variables"]["llama-cpp-python"]["CMAKE_ARGS"]
    told = {"casebrief:ggml": base.ggml_version().decode(), "casebrief:cmake-args": flags}
    properties = [{"name": name, "value": value} for name, value in told.items()]
    yield "llama-cpp-python", {**_native("llama.cpp", commit), "purl": f"pkg:github/ggml-org/llama.cpp@{commit}", "properties": properties}


def _native(name: str, version: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": f"native:{name}", "name": name, "version": version}


def _weights(catalog: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The files of the model that ships: its weights, its adapters and its heads."""
    name = catalog["default"]
    model = catalog["models"][name]
    for file in (model, *model.get("adapters", []), *([model["heads"]] if "heads" in model else [])):
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"weights:{file['file']}",
            "name": file["file"],
            "group": name,
            "hashes": [{"alg": "SHA-256", "content": file["sha256"]}],
            "licenses": [{"expression": model["license"]}],
        }


# ------------------------------------------------------------------ advisories


def judge(packages: list[Locked], known: dict[str, Any], today: datetime.date) -> tuple[list[str], bool]:
    """Lines to print, and whether nothing is known against any locked version. What was never asked, and how old an answer is, is told."""
    lines, well = [], True
    asked = [package for package in packages if package.pin in known["packages"]]
    for package in asked:
        for advisory in known["packages"][package.pin]["advisories"]:
            accepted = known["accepted"].get(advisory["id"])
            well &= accepted is not None
            mended = f"mended in {', '.join(advisory['fixed_in']) or 'no release'}"
            lines.append(f"{package.pin}: {advisory['id']}: {advisory['summary']} ({mended}){f'; accepted: {accepted}' if accepted else ''}")
    days = [(today - datetime.date.fromisoformat(known["packages"][package.pin]["asked_on"])).days for package in asked]
    age = f", {min(days)} to {max(days)} days ago" if days else ""
    lines.append(f"audit: {len(asked)} of {len(packages)} locked packages were asked about{age}")
    unasked = sorted(package.name for package in packages if package not in asked)
    if unasked:
        lines.append(f"audit: nothing is known of {', '.join(unasked)}: python3 .ci/supply.py refresh asks")
    return lines, well


def ask(package: Locked, today: datetime.date) -> dict[str, Any] | None:
    """What the index knows against a version; ``None`` where it tells nothing of that version. Raises `OSError` where it cannot be reached."""
    told = next((told for url in INDEX if (told := _fetched(url.format(name=package.name, version=package.version), package.version))), None)
    if told is None:
        return None
    advisories = [
        {"id": one["id"], "aliases": one["aliases"], "summary": " ".join((one["summary"] or one["details"]).split())[:200], "fixed_in": one["fixed_in"]}
        for one in told["vulnerabilities"]
        if not one["withdrawn"]
    ]
    if told["info"]["yanked"]:
        advisories.append({"id": "yanked", "aliases": [], "summary": told["info"]["yanked_reason"] or "withdrawn by its authors", "fixed_in": []})
    return {"asked_on": today.isoformat(), "advisories": advisories}


def _fetched(url: str, version: str) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(url, timeout=ASKED_S) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.NOT_FOUND:
            raise
        return None
    return told if told["info"]["version"] == version else None


def refresh(packages: list[Locked], known: dict[str, Any], names: list[str], today: datetime.date) -> None:
    """Ask about those named, or all, and write down what was told; packages that are locked no more are forgotten."""
    if missing := set(names) - {package.name for package in packages}:
        sys.exit(f"not locked: {', '.join(sorted(missing))}")
    kept = {package.pin: known["packages"].get(package.pin) for package in packages}
    for package in packages:
        if not names or package.name in names:
            kept[package.pin] = ask(package, today)
    written = {**known, "packages": {pin: one for pin, one in sorted(kept.items()) if one}}
    ADVISORIES.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("job", choices=["sbom", "audit", "refresh"])
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    packages, today = locked(LOCK.read_text()), datetime.datetime.now(datetime.UTC).date()
    if given.job == "sbom":
        project, catalog = (tomllib.loads((ROOT / file).read_text()) for file in ("pyproject.toml", "models/catalog.toml"))
        BILL.parent.mkdir(exist_ok=True)
        BILL.write_text(json.dumps(bill(packages, project, catalog), indent=1) + "\n")
        print(BILL.relative_to(ROOT))
        return
    if given.job == "refresh":
        refresh(packages, json.loads(ADVISORIES.read_text()), given.names, today)
    known = json.loads(ADVISORIES.read_text())
    lines, well = judge(packages, known, today)
    print("\n".join(lines))
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
