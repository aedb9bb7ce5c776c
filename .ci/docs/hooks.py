"""The site's files are the repository's own pages, under the paths that they have there, so that their links hold in both places."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from properdocs.structure.files import File, Files

if TYPE_CHECKING:
    from properdocs.config.defaults import ProperDocsConfig

ROOT = Path(__file__).resolve().parents[2]
SHOWN = ("*.md", "*.svg", "docs/pictures/*", ":(exclude)prompts", ":(exclude)service")


def on_files(files: Files, config: ProperDocsConfig) -> Files:
    """What the theme brings, and all pages and pictures that git tracks or would track."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *SHOWN], cwd=ROOT, capture_output=True, text=True, check=True)
    own = [File.generated(config, path, abs_src_path=str(ROOT / path)) for path in sorted(set(listed.stdout.split())) if (ROOT / path).exists()]
    return Files([*(file for file in files if not file.is_documentation_page() and Path(file.abs_src_path or "").is_relative_to(ROOT) is False), *own])
