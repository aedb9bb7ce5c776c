"""What the product is: articles in, one verified case summary out. Inside: edges -> pipeline -> domain."""
