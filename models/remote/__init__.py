"""An engine behind HTTP: servers that speak the OpenAI chat API and hold answers to a JSON Schema (vLLM, llama.cpp's llama-server)."""
