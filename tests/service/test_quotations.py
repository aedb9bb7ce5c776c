"""What stands between quotation marks, of every kind and country."""

import pytest
from casebrief.service.domain.quotations import quotations
from casebrief.service.domain.spans import Span


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('LinkedIn said in a statement: "These are false claims with no merit."', ["These are false claims with no merit."]),
        ("“Our doorbells are safe,” spokeswoman Ilse Brandt said.", ["Our doorbells are safe"]),
        ('"It is over," said Ada Pell, a lawyer. "Quite."', ["It is over", "Quite."]),
        ("A spokesman for Larkwell said: ‘We’ll defend ourselves.’", ["We’ll defend ourselves."]),
        ("The buyers’ lawyers’ claims are long.", []),
    ],
)
def test_quotations(text, found):
    assert [span.of(text) for span in quotations(text, Span(0, len(text)))] == found
