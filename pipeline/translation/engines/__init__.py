"""Translation: one Protocol, the engines, a fake."""
