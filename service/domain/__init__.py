"""Pure rules of the product: schema, spans, dates, money, merging. No model, no network, no clock, no environment."""
