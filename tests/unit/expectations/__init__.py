"""Tests of the expectations room."""
