"""The network: shapes, weights and how a token is drawn from them."""
