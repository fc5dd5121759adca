"""Printed records of openings and evaluations."""
