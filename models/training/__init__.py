"""How the embedded model's adapter and heads are made: data, training, export, calibration. Nothing of the product imports this."""

from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
"""The marked cases that are taught."""

ABOUT = {
    "general.name": "casebrief reader: labels of court reporting",
    "general.license": "apache-2.0",
    "general.description": "taught on marked, made-up court reporting (models/training); reads SmolLM2-135M-Instruct's hidden states",
}
"""What the files that are made say of themselves."""
