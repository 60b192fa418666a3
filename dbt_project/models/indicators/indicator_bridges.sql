{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook='{{ delete_touched_periods() }}'
    )
}}

-- depends_on: {{ ref('dim_queues') }}
-- depends_on: {{ ref('fct_queue_visits') }}

{% set indicators = indicator_dictionary() if execute else [] %}
{% set classes = counted_classes(indicators) if execute else [] %}
{% set columns = [
    'indicator', 'variant', 'grain', 'period_start', 'level', 'member', 'step', 'visit_class', 'counted_before',
    'counted_after', 'visits', 'points', 'indicator_version', 'variant_version'
] %}
{% set earlier = left_by_earlier_builds(columns) if execute %}

with periods_0 as (
    {{ indicator_periods() }}
),

visits as (
    {{ indicator_part(class_part(indicators, classes)) if execute }}
),

bridges as (
    {% for main, variant in (variant_pairs(indicators) if execute else []) %}
    {% set outer = loop %}
    {% for step in bridge_steps(main, variant, classes) %}
    select
        '{{ main.name }}' as indicator,
        '{{ variant.name }}' as variant,
        grain,
        period_start,
        level,
        member,
        {{ loop.index }} as step,
        '{{ step.visit_class }}' as visit_class,
        '{{ step.before }}' as counted_before,
        '{{ step.after }}' as counted_after,
        {{ step.visit_class }} as visits,
        100 * ({{ step.share_after }} - {{ step.share_before }}) as points
    from visits
    where
        {{ step.visit_class }} > 0
        and level in ('{{ variant.meta.levels | join("', '") }}')
        and {{ share_of(ways_of(main, classes)) }} is not null
        and {{ share_of(ways_of(variant, classes)) }} is not null
    {% if not (loop.last and outer.last) %}union all{% endif %}
    {% endfor %}
    {% endfor %}
),

shown as (

    select
        bridges.*,
        indicators.definition_version as indicator_version,
        variants.definition_version as variant_version
    from bridges
    inner join {{ ref('dim_indicators') }} as indicators on bridges.indicator = indicators.indicator
    inner join {{ ref('dim_indicators') }} as variants on bridges.variant = variants.indicator
    where bridges.member is not null

)

{% if earlier -%}
,

kept as (

    select {{ columns | join(', ') }} from {{ earlier }}
    where
        (({{ is_of_another_version('indicator', 'indicator_version') }})
            or ({{ is_of_another_version('variant', 'variant_version') }}))
        and not {{ is_in_touched_period(every=false) }}

)

select {{ columns | join(', ') }} from shown
where (variant, grain, period_start) not in (select (variant, grain, period_start) from kept)
union all
select * from kept
{%- else -%}
select * from shown
{%- endif %}
