"""The catalogue knows the embedded model and larger ones, takes any local file, and trusts no file unchecked."""

import http.server
import threading
from pathlib import Path

import pytest
from casebrief.models.catalog import Adapter, Catalog, Entry, load, sha256_of
from casebrief.models.errors import CatalogError, ChecksumMismatch, UnknownModel, WeightsMissing
from casebrief.models.pull import pull

WEIGHTS = bytes(range(256)) * 9000


def test_the_embedded_model_is_here_and_is_the_one_the_catalogue_names(catalog: Catalog):
    assert catalog.default == "smollm2-135m"
    assert catalog.verify(catalog.default) == catalog.entry(catalog.default).sha256
    assert catalog.path(catalog.default).stat().st_size == catalog.entry(catalog.default).bytes


def test_there_are_four_larger_models_from_a_hub(catalog: Catalog):
    larger = [entry for entry in catalog.entries.values() if entry.source.startswith("hub:")]
    assert len(larger) >= 4
    assert all(len(entry.sha256) == 64 and entry.license and entry.bytes > 10**9 for entry in larger)
    assert len({entry.sha256 for entry in larger}) == len(larger)


def test_any_local_file_is_a_model(catalog: Catalog, tmp_path: Path):
    file = tmp_path / "my model.gguf"
    file.write_bytes(WEIGHTS)
    assert catalog.path(str(file)) == file
    assert catalog.verify(str(file)) == sha256_of(file)
    assert catalog.entry(str(file)).floor("caption") == 0.5


def test_an_unknown_name_says_what_there_is(catalog: Catalog):
    with pytest.raises(UnknownModel, match="smollm2-135m"):
        catalog.entry("gpt-17")


def test_weights_that_are_not_here_say_how_to_get_them(catalog: Catalog):
    with pytest.raises(WeightsMissing, match="casebrief models pull qwen25-3b"):
        catalog.path("qwen25-3b")


def test_a_further_catalogue_adds_entries_and_unknown_keys_are_refused(tmp_path: Path):
    own = tmp_path / "own.toml"
    entry = '[models.mine]\ntitle = "Mine"\nfile = "m.gguf"\nsource = "hub:a/b"\nsha256 = ""\nbytes = 1\nlicense = "MIT"\n'
    own.write_text(f'default = "mine"\n{entry}')
    assert load(tmp_path, own).default == "mine"
    own.write_text(f'default = "mine"\n{entry}colour = "red"\n')
    with pytest.raises(CatalogError, match="colour"):
        load(tmp_path, own)


def with_adapter(file: str, digest: str) -> Catalog:
    entry = Entry(title="T", file="t.gguf", source="hub:me/it", sha256="", bytes=1, license="MIT", adapters=(Adapter(file=file, sha256=digest),))
    return Catalog({"t": entry}, "t", Path())


def test_an_adapter_is_checked_before_it_is_used(tmp_path: Path):
    file = tmp_path / "a.gguf"
    file.write_bytes(WEIGHTS)
    assert with_adapter(str(file), sha256_of(file)).adapters("t") == {str(file): sha256_of(file)}
    with pytest.raises(ChecksumMismatch, match="the catalogue says"):
        with_adapter(str(file), "0" * 64).adapters("t")
    with pytest.raises(WeightsMissing, match="adapter"):
        with_adapter("not-here.gguf", "0" * 64).adapters("t")


def test_a_confidence_is_made_of_a_probability_by_two_numbers():
    entry = Entry(title="T", file="t", source="hub:me/it", sha256="", bytes=1, license="MIT", calibration={"court": (2.0, 1.0)})
    assert entry.confidence("judge", 0.3) == 0.3
    assert entry.confidence("court", 1.0) == pytest.approx(0.8808, abs=1e-4)
    assert entry.confidence("court", 0.1) < entry.confidence("court", 0.5)
    assert 0 <= entry.confidence("court", 0.0) < 1e-6


class _Hub(http.server.BaseHTTPRequestHandler):
    """A small hub: serves ranges, and breaks the first answer off in the middle."""

    requests: list[str | None] = []

    def do_GET(self):
        wanted = self.headers.get("Range")
        type(self).requests.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(WEIGHTS) - start))
        self.end_headers()
        body = WEIGHTS[start:]
        self.wfile.write(body if wanted else body[: 1 << 20])
        if not wanted:
            self.connection.close()

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    _Hub.requests = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def catalog_with(tmp_path: Path, digest: str) -> Catalog:
    entry = Entry(title="T", file="t.gguf", source="hub:me/it", sha256=digest, bytes=len(WEIGHTS), license="MIT")
    return Catalog({"t": entry}, "t", tmp_path)


def test_a_pull_that_breaks_off_goes_on_where_it_was(hub, tmp_path: Path):
    file = tmp_path / "whole"
    file.write_bytes(WEIGHTS)
    catalog = catalog_with(tmp_path / "models", sha256_of(file))
    path = pull(catalog, "t", lambda size: None, hub)
    assert path.read_bytes() == WEIGHTS
    assert _Hub.requests[0] is None
    assert _Hub.requests[1] is not None


def test_a_file_with_another_checksum_does_not_stay(hub, tmp_path: Path):
    catalog = catalog_with(tmp_path, "0" * 64)
    with pytest.raises(ChecksumMismatch, match="deleted"):
        pull(catalog, "t", lambda size: None, hub)
    assert not list(tmp_path.iterdir())


def test_a_hub_out_of_reach_is_one_error(tmp_path: Path):
    with pytest.raises(CatalogError, match="out of reach"):
        pull(catalog_with(tmp_path, "0" * 64), "t", lambda size: None, "http://127.0.0.1:9")
