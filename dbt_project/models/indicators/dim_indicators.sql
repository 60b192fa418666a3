{{ config(materialized='table') }}

with definitions as (

    {{ definitions_now() if execute }}

),

entries as (

{% for indicator in (indicator_dictionary() if execute else []) %}
{%- set meta = indicator.meta %}
select
    '{{ indicator.name }}' as indicator,
    '{{ indicator.family }}' as family,
    {{ text_literal(meta.get('variant_of')) }} as variant_of,
    {{ text_literal(indicator.metric.label) }} as name_en,
    {{ text_literal(meta.name_zh) }} as name_zh,
    {{ text_literal(indicator.metric.description) }} as definition_en,
    {% for key in [
        'definition_zh', 'unit', 'direction', 'class', 'owner', 'reference', 'caveat', 'caveat_zh',
        'numerator', 'numerator_zh', 'denominator', 'denominator_zh'
    ] -%}
    {{ text_literal(meta[key]) }} as {{ key }},
    {% endfor -%}
    {% for key in ['feeds', 'levels', 'grains', 'drivers', 'drivers_zh'] -%}
    {{ texts_literal(meta[key]) }} as {{ key }},
    {% endfor -%}
    {{ texts_literal(meta.get('interval_levels') or []) }} as interval_levels,
    {%- set facts = facts_behind(indicator) %}
    {{ texts_literal(facts | map('replace', 'model.' ~ project_name ~ '.', '') | list) }} as facts,
    {%- set tables = lake_tables_behind(facts) %}
    {{ texts_literal(tables) }} as lake_tables,
    {{ texts_literal(tables_with_days(tables)) }} as daily_tables,
    {{ text_literal(meta.sample) }} as sample,
    cast({{ meta.maturity_days }} as integer) as maturity_days,
    {{ meta.headline | lower }} as headline
{% if not loop.last %}union all{% endif %}
{%- endfor %}

)

select
    entries.*,
    versions.definition_version,
    units.scale
from entries
left join {{ ref('units') }} as units on entries.unit = units.unit
left join definitions on entries.indicator = definitions.indicator
left join {{ ref('indicator_versions') }} as versions
    on definitions.indicator = versions.indicator and definitions.fingerprint = versions.fingerprint
