"""Reading MLflow tracking stores."""
