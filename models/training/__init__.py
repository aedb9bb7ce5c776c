"""How the embedded model's adapter is made: data, training, export. Nothing of the product imports this."""
