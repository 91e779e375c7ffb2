"""MLflow's search language."""
