"""Tests of single modules, in memory; these tests run on several cores at once."""
