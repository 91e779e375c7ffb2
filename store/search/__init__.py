"""The search language of MLflow, and the wider one of flowdeck: see `store.search.language`."""
