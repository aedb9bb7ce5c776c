"""HTML pages: which of their blocks are the story. trafilatura votes on each block; small rules overrule it where it is known to err.

The text is made of the page's own blocks, never of trafilatura's output, so that every character has its place in the HTML as sent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, takewhile

from casebrief.service.files.about import about
from casebrief.service.files.extracted import Extracted, HtmlPlaces, Limits, Run
from casebrief.service.files.markup import Block, Element, Page, read_page, shifted
from casebrief.service.files.plain import decode
from casebrief.service.files.unreadable import Unreadable

LARGEST = 10_000_000
"""Characters of a page; an article's page has a hundredth."""

LEAST_WORDS = 25
"""A page with fewer words of prose has no story to read."""

NO_STORY = "an HTML page without a story in it (a menu, a consent wall, or a page that a script fills): paste the article's text"

MOST_OF_THE_STORY = 0.5
"""An element that holds this share of what was voted for is the story's own, whatever its name says ("with-sidebar")."""

SHORT = 12
"""Words under which a piece apart from the story is a piece of the page."""

WHOLE = 25
"""Letters from which a block may be part of a longer paragraph of trafilatura's."""

_FURNITURE_TAGS = frozenset("nav footer form menu dialog figcaption figure fieldset caption address aside".split())
_FURNITURE = re.compile(
    r"(?<![a-z])(?:ads?|advert\w*|authors?|banner|bio|breadcrumbs?|byline|captions?|comment\w*|consent\w*|cookies?|copyright|credits?|disclaimer|footer|gallery"
    r"|hidden|kicker|login|menu\w*|meta|modal|more|most-?\w+|nav\w*|newsletters?|overlay|pay-?wall|player|popup|promos?|read-?(?:next|also)|recirc\w*|recommend\w*"
    r"|related|share|side-?bar|social\w*|sponsor\w*|subscri\w*|taglines?|tags?|teasers?|timestamp|topics?|trending|videos?|widgets?)(?![a-z])"
)
"""What names of elements say that they are none of the story."""
_LABEL = re.compile(
    r"(?:advertisement|sponsored|share (?:this|on)|print|save|(?:\d+ )?comments?|related|topics?|tags?|photo(?:graph)?s?|image|(?:last )?updated|published|posted|copyright"
    r"|all rights|more (?:on|from|in)|most (?:read|popular)|read (?:more|next|also)|see also|sign up|subscribe|already a|follow us|(?:story|article) continues|continue reading"
    r"|skip to|listen to|\d+ min(?:ute)?s? read)\b[^.!?]*|share|by .+|©.*|.+(?: [>›»] .+)+",
    re.IGNORECASE,
)
"""Short lines that stand in a story and tell none of it."""
_WALL = re.compile(
    r"\b(?:we|our (?:\d+ )?partners|this (?:site|website)|by (?:continuing|clicking))\b[^.]{0,80}\b(?:use[sd]?|value|process|store|accept|agree)\b[^.]{0,120}\b(?:cookies?|privacy|terms)\b"
    r"|\b(?:(?:to continue|keep) reading|unlimited (?:digital )?access|subscribe (?:now|today|to)|free account|already (?:a|have a) (?:subscri|account|member)|free articles?"
    r"|sign up for|join the (?:conversation|discussion)|enable javascript|accept all|support (?:our|independent) journalism|to your inbox)\b",
    re.IGNORECASE,
)
"""Sentences of consent, of subscription and of newsletters."""
_ENDS = re.compile(r"[.!?…:][\"”’')\]]*(?:\s*\[\d+\])?$")
_STANDFIRST = re.compile(r"(?<![a-z])(?:standfirst|dek|deck|sub-?title|sub-?head(?:line)?|summary|lede?|intro)(?![a-z])")
_CELLS = ("li", "blockquote", "td", "th", "dd", "dt")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_PASSED_OVER = frozenset({*_HEADINGS, *"li blockquote dd dt p ul ol dl pre q cite a b strong em i span u mark small font abbr sup sub".split()})
"""What a paragraph's words stand in without being in another part of the page."""


def read_html(content: bytes | str, limits: Limits) -> Extracted:
    """An HTML page, as a file or as a text. Raises `Unreadable`."""
    if isinstance(content, bytes):
        decoded = decode(content, _charset(content))
        source, encoding, notes = decoded.text, decoded.encoding, decoded.notes
    else:
        source, encoding, notes = content, None, ()
    if len(source) > LARGEST:
        raise Unreadable("too-large", f"an HTML page of {len(source)} characters, more than {LARGEST}: paste its text")
    page = read_page(source)
    story, headline, others = _story(page, source)
    if sum(len(block.text.split()) for block in story if block is not headline) < LEAST_WORDS:
        raise Unreadable("no-text", NO_STORY)
    told = about(page, headline.text if headline else None)
    if told.behind_a_wall:
        notes = (*notes, "the page says that it shows only a part of the article to those who do not subscribe")
    if others:
        notes = (*notes, f"the page holds {others + 1} articles: the first was read")
    text, runs = _text(story)
    if len(text) > limits.characters:
        raise Unreadable(
            "too-large", f"an HTML page with a story of {len(text)} characters, more than {limits.characters}: send the part that tells of the case"
        )
    return Extracted("html", text, told.metadata, encoding, HtmlPlaces(tuple(runs)), notes)


def _charset(content: bytes) -> str | None:
    """The encoding that a page names in its first kilobyte."""
    match = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", content[:2048], re.IGNORECASE)
    return match.group(1).decode("ascii") if match else None


def _text(story: Sequence[Block]) -> tuple[str, list[Run]]:
    text, runs = "", list[Run]()
    for number, block in enumerate(story):
        text += "\n\n" if text else ""
        runs += shifted(block, len(text), number)
        text += block.text
    return text, runs


def _story(page: Page, source: str) -> tuple[list[Block], Block | None, int]:
    """The blocks of the story in their order, its headline among them, and how many further articles were left out."""
    blocks = page.blocks
    voted = _votes(blocks, source)
    if _words(blocks, voted) < LEAST_WORDS:
        voted = {index for index, block in enumerate(blocks) if _is_prose(block)}
    weights = _weights(blocks, voted)
    furniture = [_is_furniture(block, weights) for block in blocks]
    chosen = {index for index, block in enumerate(blocks) if index in voted and not furniture[index] and not _is_label(block)}
    chosen = _without_strays(blocks, _with_neighbours(blocks, chosen, furniture))
    chosen = _first_article(blocks, chosen)
    others = _further(blocks, chosen, furniture)
    headline = _headline(blocks, chosen, furniture)
    if headline is not None:
        standfirst = {index for index in range(headline + 1, min(chosen - {headline})) if _is_standfirst(blocks[index])}
        chosen = {index for index in chosen if index > headline or blocks[index].tag == "p"} | {headline} | standfirst
    return [blocks[index] for index in sorted(chosen)], None if headline is None else blocks[headline], others


def _key(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).casefold()


def _votes(blocks: Sequence[Block], source: str) -> set[int]:
    """The blocks that trafilatura takes for the story."""
    from trafilatura import extract  # half a second: only where a page is read

    told = extract(source, output_format="txt", include_comments=False, include_tables=True, include_links=False, include_images=False, deduplicate=False)
    lines = [_key(line) for line in (told or "").splitlines()]
    whole, joined = set(lines), "\n".join(lines)
    keys = [_key(block.text) for block in blocks]
    return {index for index, key in enumerate(keys) if key and (key in whole or (len(key) >= WHOLE and key in joined))}


def _words(blocks: Sequence[Block], indices: Iterable[int]) -> int:
    return sum(len(blocks[index].text.split()) for index in indices)


def _is_prose(block: Block) -> bool:
    return len(block.text.split()) >= 8 and bool(_ENDS.search(block.text)) and not _WALL.search(block.text)


def _weights(blocks: Sequence[Block], voted: set[int]) -> dict[Element, float]:
    """The share of the voted words that each element holds."""
    total = sum(len(blocks[index].text.split()) for index in voted) or 1
    weights: Counter[Element] = Counter()
    for index in voted:
        words = len(blocks[index].text.split())
        for element in blocks[index].element.chain():
            weights[element] += words
    return {element: weight / total for element, weight in weights.items()}


def _is_furniture(block: Block, weights: dict[Element, float]) -> bool:
    """Whether a block stands in something that is no story by its tag or by its name."""
    for element in block.element.chain():
        if weights.get(element, 0.0) >= MOST_OF_THE_STORY:
            return False
        if element.tag in _FURNITURE_TAGS or (element.hints and _FURNITURE.search(element.hints)):
            return True
    return False


def _is_label(block: Block) -> bool:
    """Whether a block's own words say that it is no story: a label, a byline, a day, a wall."""
    words = len(block.text.split())
    if _WALL.search(block.text) and words < 80:
        return True
    if words > 14 or block.tag == "h1":
        return False
    if block.linked and words < SHORT and block.tag not in (*_HEADINGS, *_CELLS) and not _ENDS.search(block.text):
        return True
    return bool(_LABEL.fullmatch(block.text))


def _container(block: Block) -> Element:
    """What a paragraph stands in beside its like: the element around its own, lists and quotations passed over."""
    return next((element for element in block.element.chain() if element.tag not in _PASSED_OVER), block.element)


def _is_in(block: Block, home: Element) -> bool:
    """Whether a block stands in an element itself, or in a table in it."""
    return _container(block) is home or (home in block.element.chain() and any(element.tag == "table" for element in _up_to(block.element, home)))


def _up_to(element: Element, end: Element) -> Iterator[Element]:
    return takewhile(lambda here: here is not end, element.chain())


def _with_neighbours(blocks: Sequence[Block], chosen: set[int], furniture: Sequence[bool]) -> set[int]:
    """The chosen, and prose and lists that stand in the same element between or right behind them."""
    homes: Counter[Element] = Counter()
    for index in chosen:
        homes[_container(blocks[index])] += len(blocks[index].text.split())
    if not homes:
        return chosen
    home, _ = homes.most_common(1)[0]
    inside = {index for index, block in enumerate(blocks) if _is_in(block, home) and not furniture[index] and not _is_label(block)}
    added = set(chosen)
    for index in sorted(inside - chosen):
        block = blocks[index]
        between = any(other < index for other in chosen) and any(other > index for other in chosen)
        in_list = any(element.tag in _CELLS for element in _up_to(block.element, home))
        if _is_prose(block) or (between and (in_list or block.tag in _HEADINGS) and block.linked < len(block.text)):
            added.add(index)
    return added


def _without_strays(blocks: Sequence[Block], chosen: set[int]) -> set[int]:
    """The chosen without short pieces that stand outside the element that most of the story stands in."""
    weights = _weights(blocks, chosen)
    homes = [element for element, weight in weights.items() if weight >= MOST_OF_THE_STORY and element.tag not in _PASSED_OVER]
    home = max(homes, key=lambda element: element.depth, default=None)
    if home is None:
        return chosen
    inside = {index for index in chosen if any(element is home for element in blocks[index].element.chain())}
    return inside | {index for index in chosen - inside if blocks[index].tag == "h1" or len(blocks[index].text.split()) >= SHORT}


def _first_article(blocks: Sequence[Block], chosen: set[int]) -> set[int]:
    """The chosen of the first article of a page that holds several."""
    homes: dict[Element, set[int]] = {}
    for index in sorted(chosen):
        article = next((element for element in reversed(list(blocks[index].element.chain())) if element.tag == "article"), None)
        if article is not None:
            homes.setdefault(article, set()).add(index)
    whole = [members for members in homes.values() if _words(blocks, members) >= LEAST_WORDS]
    if len(whole) > 1:
        return whole[0]
    for head in (index for index, block in enumerate(blocks) if block.tag == "h1" and chosen and min(chosen) < index <= max(chosen)):
        before, after = {index for index in chosen if index < head}, {index for index in chosen if index > head}
        if min(_words(blocks, before), _words(blocks, after)) >= LEAST_WORDS:
            return before
    return chosen


def _further(blocks: Sequence[Block], chosen: set[int], furniture: Sequence[bool]) -> int:
    """How many main headings behind the story stand over prose of their own."""
    heads = [index for index, block in enumerate(blocks) if block.tag == "h1" and not furniture[index] and index > max(chosen, default=0)]
    parts = [[index for index in range(*ends) if _is_prose(blocks[index]) and not furniture[index]] for ends in pairwise([*heads, len(blocks)])]
    return sum(_words(blocks, part) >= LEAST_WORDS for part in parts)


def _is_standfirst(block: Block) -> bool:
    return bool(_STANDFIRST.search(block.element.hints)) and not _is_label(block) and not _FURNITURE.search(block.element.hints)


def _headline(blocks: Sequence[Block], chosen: set[int], furniture: Sequence[bool]) -> int | None:
    """The nearest main heading before the story's first paragraph."""
    body = [index for index in chosen if blocks[index].tag not in _HEADINGS]
    if not body:
        return None
    heads = [index for index in range(min(body)) if blocks[index].tag == "h1" and (not furniture[index] or index in chosen)]
    return heads[-1] if heads else None
