"""Tests of modules that fork, spawn, signal or serve; these tests run one after the other."""
