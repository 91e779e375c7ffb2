"""The terminal UI and the command line of flowdeck."""
