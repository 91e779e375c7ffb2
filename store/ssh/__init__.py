"""Reaching a store through SSH as the user's own ssh would: its configuration, keys, agent and known hosts."""
