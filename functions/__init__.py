"""HTTP targets for functions-framework; the only code that knows Flask."""
