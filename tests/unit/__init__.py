"""Tests of one room at a time; fast, no server."""
