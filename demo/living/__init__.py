"""A living place: tenders at every stage, made through the public interface like any other."""
