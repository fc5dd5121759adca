"""The tender as its actors would play it, a module a stage."""
