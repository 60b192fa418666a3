"""The conductor by itself: ledger, plan, lock, centre.yml. No dagster and no dbt run is needed here."""
