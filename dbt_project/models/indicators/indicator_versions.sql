{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}

-- depends_on: {{ ref('units') }}

with definitions as (

    {{ definitions_now() if execute }}

)

select
    definitions.indicator,
    {% if is_incremental() -%}
    coalesce(earlier.definition_version, 0) + 1 as definition_version,
    {% else -%}
    1 as definition_version,
    {% endif -%}
    definitions.fingerprint,
    {{ as_of() }} as first_used_on
from definitions
{% if is_incremental() %}
left join (
    select
        indicator,
        max(definition_version) as definition_version
    from {{ this }}
    group by indicator
) as earlier on definitions.indicator = earlier.indicator
where (definitions.indicator, definitions.fingerprint) not in (select (indicator, fingerprint) from {{ this }})
{% endif %}
