"""Printed records of the floor."""
