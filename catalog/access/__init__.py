"""May a call pass? The rule, its steps for one developer, and both in words."""
