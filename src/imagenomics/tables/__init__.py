"""Patient-keyed frames with descriptions of their columns; reading and writing them."""
