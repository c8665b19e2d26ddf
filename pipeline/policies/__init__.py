"""Rule packs: data that says what is taken on, by which clause, and until when; and the model that reads them."""
