"""A model and how it runs: catalogue, engine port, llama.cpp engine, its worker process. Knows nothing of law."""
