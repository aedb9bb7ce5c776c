"""What a page must not have: run in the browser. axe-core knows the rules of WCAG 2.2 and good practice; what is ours beside them is short."""

from importlib.resources import files

from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
"""axe-core itself; it is evaluated by the browser's own tools, which a page's policy does not bind."""

RUN = """() => axe.run({resultTypes: ["violations"]}).then((told) => told.violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 120)}: ${(node.failureSummary || "").replace(/\\s+/g, " ")}`)))"""

OURS = """() => {
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ids = all("[id]").map((node) => node.id);
  new Set(ids.filter((id, at) => ids.indexOf(id) !== at)).forEach((id) => wrong.push(`two elements are called ${id}`));
  for (const node of all('a[href^="#"]')) if (!document.getElementById(node.hash.slice(1))) wrong.push(`${node.hash} leads nowhere`);
  for (const node of all("[style], [onclick]")) wrong.push(`${node.tagName} has a style or a script of its own`);
  return wrong;
}"""
"""Ids that are there once, links that lead somewhere, nothing that the policy would refuse."""


def violations(page: Page) -> list[str]:
    """What is wrong with a page as it stands, a line a fault."""
    page.evaluate(AXE)
    return [*page.evaluate(RUN), *page.evaluate(OURS)]


def fragment(fact: str, place: int = 1) -> str:
    return f"#{fact}-{place}"
