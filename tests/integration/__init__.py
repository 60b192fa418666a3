"""Tests that need a server, a browser or several rooms."""
