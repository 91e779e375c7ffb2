"""The reader of mlruns trees: MLflow's file store, as its releases 1.0 to 3.17 write it."""
