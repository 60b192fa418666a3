"""Source files in, contract tables out: the door of the warehouse.

Everything here is pure with regard to the tools around it: no dagster, dbt or great_expectations.
"""
