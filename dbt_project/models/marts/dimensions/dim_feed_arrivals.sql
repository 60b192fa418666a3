{#- A view: what has arrived is written before every build. -#}
{{ config(materialized='view') }}

select
    source_system || ':' || lake_table || ':' || date_day as feed_day_id,
    source_system,
    lake_table,
    date_day
from {{ ref('stg_centre__arrived_feeds') }}
