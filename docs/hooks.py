"""Pages of the site that are made when it is built: the home page, the references, the tutorials.

MkDocs calls ``on_config`` and ``on_files``. Home is the README; the references are read from the declarations in
``dartsx/catalog`` and ``dartsx/experiments/settings``; a tutorial is a program in ``docs/tutorials``.
"""

from __future__ import annotations

import pathlib
import re
import sys

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docs import reference, tutorial_page  # noqa: E402  (the path above finds them)

FIRST = "search_step"
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.py"), key=lambda path: (path.stem != FIRST, path.stem))


def on_config(config):
    """Adds what follows from folders: tutorials, a page for each part of dartsx, pages that `nav` does not name."""
    named = set(re.findall(r"[\w/]+\.md", (ROOT / "mkdocs.yml").read_text()))
    pages = {path.relative_to(config.docs_dir).as_posix() for path in pathlib.Path(config.docs_dir).rglob("*.md")}
    if more := sorted(pages - named):
        config.nav.insert(-1, {"More": more})
    config.nav.insert(2, {"Tutorials": [f"tutorials/{path.stem}.md" for path in TUTORIALS]})
    config.nav[-1]["Reference"].append({"Python": [f"reference/api/{part}.md" for part in reference.parts()]})
    return config


def on_files(files, config):
    """Adds the pages themselves."""
    pages = {"index.md": home(), **reference.pages()}
    pages |= {f"tutorials/{path.stem}.md": tutorial_page.markdown(path) for path in TUTORIALS}
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def home() -> str:
    """The README, with links as they are inside the site."""
    return re.sub(r"\]\(docs/", "](", (ROOT / "README.md").read_text())
