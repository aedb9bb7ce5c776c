"""Summaries made by hand, of texts made up: what page, exports and proofs are tried on without a model."""

import hashlib
from typing import Any

from casebrief import __version__
from casebrief.service.domain.schema import SummaryResponse, schema_sha256

TIMINGS = dict.fromkeys(("queued_s", "reading_s", "prefill_s", "decode_s", "total_s"), 0.0) | dict.fromkeys(
    ("prompt_tokens", "prompt_tokens_reused", "output_tokens"), 0
)

PHONE = (
    "Menu | Sport | Weather\n\n"
    "🦊🦊 Marrow Phones sued over batteries\n\n"
    "Marrow Phones Ltd was sued on Tuesday night in federal court in Oakland, California, by owners who say its batteries swell.\n\n"
    "“They bulge like bread,” said Odile Fenwright, the lead plaintiff. The suit seeks $5,000 per violation.\n\n"
    "Marrow has about 2.4 million users. Cosima Marrow-Bligh, its founder, declined to comment.\n\n"
    "Read more: <script>alert(1)</script>\n"
)
DAILY = (
    "Owners of Marrow Phones Ltd went to court in Oakland, California, over batteries that swell.\r\n\r\n"
    "The firm, which has more than 3 million users, denied it. A hearing is set for May 12.\r\n"
)
COPY = "From the wires. " + PHONE.split("\n\n")[2]
TEXTS = {"wire": PHONE, "daily": DAILY, "late": COPY}


def cite(texts: dict[str, str], article: str, quote: str) -> dict[str, Any]:
    start = texts[article].index(quote)
    return {"article": article, "start": start, "end": start + len(quote), "quote": quote}


def fact(texts: dict[str, str], *places: tuple[str, str], value: str | None = None, normalized: Any = None, guarantee: str = "copied", confidence: float = 0.9):
    return {
        "value": value or places[0][1],
        "normalized": normalized,
        "guarantee": guarantee,
        "confidence": confidence,
        "independent_sources": 1,
        "citations": [cite(texts, *place) for place in places],
        "found_by": "model",
    }


def response(texts: dict[str, str], summary: dict[str, Any], days: dict[str, str] | None = None, **articles: dict[str, Any]) -> SummaryResponse:
    """A summary of texts that were read whole, unless ``articles`` says otherwise of one."""
    reports = [
        {
            "id": name,
            "title": None,
            "publisher": f"The {name.title()}",
            "published_on": (days or {}).get(name),
            "published_on_from": "request" if (days or {}).get(name) else None,
            "copy_of": None,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "characters": len(text),
            "used": [[0, len(text)]],
            **articles.get(name, {}),
        }
        for name, text in texts.items()
    ]
    return SummaryResponse.model_validate(
        {
            "id": "cb_0",
            "summary": summary,
            "articles": reports,
            "ledger": [{"article": name, "outcome": "used", "reason": None, "facts": 1, "share": 1.0} for name in texts],
            "provenance": {
                "model": "a-model",
                "model_sha256": "a" * 64,
                "prompts_sha256": "b" * 64,
                "schema_sha256": schema_sha256(),
                "engine": "an engine",
                "seed": 0,
                "version": __version__,
                "reader": "labels",
                "adapters": ["c" * 64],
            },
            "timings": TIMINGS,
        }
    )


def phone_case() -> SummaryResponse:
    """Three articles on one case, the third a copy of the first: an emoji before every fact, a conflict, line ends of two kinds."""
    users = [fact(TEXTS, ("wire", "about 2.4 million users"), normalized={"quantity": 2_400_000, "unit": "users"}, confidence=0.7)]
    users.append(fact(TEXTS, ("daily", "more than 3 million users"), normalized={"quantity": 3_000_000, "unit": "users"}, confidence=0.5))
    sides = [{"value": one["value"], "normalized": one["normalized"], "citations": one["citations"]} for one in users]
    first, *more = PHONE.split("\n\n")[2:5]
    summary = {
        "filed_on": fact(
            TEXTS,
            ("wire", "Tuesday night"),
            ("late", "Tuesday night"),
            value="4 March 2025",
            normalized={"date": "2025-03-04", "precision": "day"},
            guarantee="normalized",
        ),
        "status": fact(TEXTS, ("daily", "A hearing is set"), value="pending", guarantee="inferred"),
        "defendants": [
            fact(TEXTS, ("wire", "Marrow Phones Ltd"), ("daily", "Marrow Phones Ltd"), ("late", "Marrow Phones Ltd"), normalized={"name": "Marrow Phones Ltd"})
        ],
        "relief_sought": [
            fact(
                TEXTS,
                ("wire", "$5,000 per violation"),
                normalized={"kind": "statutory_damages", "amount": 5000, "currency": "USD", "per": "violation", "qualifier": None},
            )
        ],
        "allegations": [fact(TEXTS, ("wire", "its batteries swell"), ("daily", "batteries that swell"), ("late", "its batteries swell"))],
        "responses": [
            fact(TEXTS, ("wire", "declined to comment"), normalized={"speaker": "Cosima Marrow-Bligh", "stance": "declined_to_comment"}),
            fact(TEXTS, ("daily", "denied it"), normalized={"speaker": "The firm", "stance": "denies"}),
        ],
        "quotes": [fact(TEXTS, ("wire", "They bulge like bread"), normalized={"speaker": "Odile Fenwright"})],
        "timeline": [fact(TEXTS, ("daily", "A hearing is set for May 12"), ("daily", "May 12"), normalized={"date": "2025-05-12", "precision": "day"})],
        "figures": users,
        "conflicts": [{"field": "figures", "about": "users", "kind": "contradiction", "positions": sides}],
        "abstract": {"sentences": [fact(TEXTS, ("wire", first)), *(fact(TEXTS, ("wire", part)) for part in more)]},
    }
    menu = PHONE.index("🦊")
    end = PHONE.index("Read more")
    return response(
        TEXTS,
        summary,
        {"wire": "2025-03-06", "daily": "2025-03-07", "late": "2025-03-06"},
        wire={"used": [[menu, end]], "title": "Marrow Phones sued over batteries"},
        late={"copy_of": "wire"},
    )
