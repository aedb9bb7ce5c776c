"""What accessibility checkers look for, as far as the page has it: run in the browser, each gives a list of what is wrong."""

CONTRAST = """() => {
  const parse = (colour) => { const c = colour.match(/[\\d.]+/g).map(Number); return c.length === 3 ? [...c, 1] : c; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const background = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.unshift(parse(getComputedStyle(at).backgroundColor));
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const luminance = (c) => {
    const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const wrong = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = walker.nextNode());) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility() || node.closest(".vh, .skip, script, style, template, noscript")) continue;
    const below = background(node);
    const [a, b] = [luminance(over(parse(getComputedStyle(node).color), below)), luminance(below)].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) wrong.push(`${text.data.trim().slice(0, 40)}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return wrong;
}"""
"""WCAG 2.2, 1.4.3: words of less than 4.5 to 1 against what is behind them."""

ACCESSIBLE = """() => {
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const levels = all("h1, h2, h3, h4").map((node) => Number(node.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) wrong.push("not one h1");
  levels.forEach((level, at) => { if (level > (levels[at - 1] ?? 0) + 1) wrong.push(`h${level} after h${levels[at - 1]}`); });
  const ids = all("[id]").map((node) => node.id);
  new Set(ids.filter((id, at) => ids.indexOf(id) !== at)).forEach((id) => wrong.push(`two elements are called ${id}`));
  if (document.documentElement.lang !== "en") wrong.push("no language");
  if (!document.title.trim()) wrong.push("no title");
  if (all("main").length !== 1) wrong.push("not one main");
  for (const node of all("[aria-labelledby], [aria-describedby]")) {
    for (const name of ["aria-labelledby", "aria-describedby"]) {
      for (const id of (node.getAttribute(name) || "").split(" ").filter(Boolean)) if (!document.getElementById(id)) wrong.push(`nothing is called ${id}`);
    }
  }
  for (const node of all("section, nav")) {
    if (!node.getAttribute("aria-label") && !node.getAttribute("aria-labelledby")) wrong.push(`a ${node.tagName} without a name`);
  }
  for (const node of all("a[href], button, summary")) if (!node.textContent.trim() && !node.ariaLabel) wrong.push(`a ${node.tagName} without words`);
  for (const node of all('a[href^="#"]')) if (!document.getElementById(node.hash.slice(1))) wrong.push(`${node.hash} leads nowhere`);
  for (const node of all("input:not([type=hidden]), textarea, select")) if (!node.labels.length) wrong.push(`${node.name || node.id} has no label`);
  for (const node of all("[style], [onclick]")) wrong.push(`${node.tagName} has a style or a script of its own`);
  for (const node of all("dl > *:not(div):not(dt):not(dd), ul > *:not(li), ol > *:not(li)")) wrong.push(`a ${node.tagName} in a list`);
  for (const node of all("a a, a button, button a")) wrong.push("a link within a link");
  return wrong;
}"""
"""Headings in order, one main part, names of landmarks, controls and links, ids that are there once, links that lead somewhere."""


def fragment(fact: str, place: int = 1) -> str:
    return f"#{fact}-{place}"
