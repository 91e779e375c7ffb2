"""Pure view models: from entities to what is drawn, without Textual."""
