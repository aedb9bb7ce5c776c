"""Makes the README's pictures of the page: the bundled example, read by the embedded model, in a headless Chromium (Debian: apt-get install chromium)."""

from __future__ import annotations

import base64
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 760}
PATIENCE_S = 600
COLOURS = 256
"""Of a PNG with a palette: a third of the bytes of one without."""


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server of our own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [Path(sys.executable).with_name("casebrief"), "serve", "--port", str(port)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(address: str) -> None:
    """Until the server is ready to read."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(f"{address}/readyz").close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


def case(browser: Browser, address: str, viewport: dict[str, int], scheme: str) -> Page:
    """The page of the example's case."""
    page = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{address}/?example=1")
    page.get_by_role("button", name="Summarise").click()
    page.locator("#summary").wait_for()
    return page


def small(page: Page, png: bytes) -> bytes:
    """The same picture with a palette of its commonest colours, the others as the nearest of them. The browser decodes it."""
    width, height, pixels = page.evaluate(
        """async (png) => {
          const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
          const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
          canvas.drawImage(image, 0, 0);
          const data = canvas.getImageData(0, 0, image.width, image.height).data;
          let text = "";
          for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
          return [image.width, image.height, btoa(text)];
        }""",
        base64.b64encode(png).decode(),
    )
    colours, indices, counts = np.unique(
        np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(-1, 4)[:, :3], axis=0, return_inverse=True, return_counts=True
    )
    palette = colours[np.argsort(-counts)[:COLOURS]]
    nearest = np.square(colours[:, None].astype(np.int32) - palette[None]).sum(axis=2).argmin(axis=1)
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = nearest[indices].reshape(height, width)
    parts = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)), (b"PLTE", palette.tobytes())
    parts += ((b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts)


def main() -> None:
    """Take the pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("no Chromium on this machine (Debian: apt-get install chromium)")
    with serving() as address, sync_playwright() as playwright:
        wait_for(address)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        plain = browser.new_page()
        light, dark, phone = (case(browser, address, *view) for view in ((DESK, "light"), (DESK, "dark"), (PHONE, "light")))
        light.locator("dt:text-is('Court') + dd .fact").click()
        dark.locator(".side .fact").first.click()
        phone.locator("#allegations").scroll_into_view_if_needed()
        phone.locator("#allegations").evaluate("node => node.scrollIntoView()")
        for name, page in {"page-light": light, "page-dark": dark, "page-phone": phone}.items():
            page.mouse.move(0, 0)
            content = small(plain, page.screenshot())
            (PICTURES / f"{name}.png").write_bytes(content)
            print(f"{PICTURES / name}.png: {len(content) / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
