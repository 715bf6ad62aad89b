"""The OpenAI-compatible proxy: dialects on the outside, one exchange behind all of them."""
