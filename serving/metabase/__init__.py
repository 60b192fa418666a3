"""Boards as code: dbt exposures become collections, questions and dashboards in Metabase.

The way is ``spec`` (manifest to records) → ``content`` (records to Metabase documents) → ``plan`` (documents against
the server) → ``apply`` (writes). ``client`` is the only module that speaks HTTP. What a board shows is decided in
dbt_project/models/boards, never here.
"""
