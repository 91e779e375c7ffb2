"""MLflow tracking servers, 1.8 to 3.17, over REST."""
