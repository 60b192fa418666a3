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
{% set columns = [
    'indicator', 'variant', 'grain', 'period_start', 'level', 'member', 'step', 'visit_class', 'counted_before',
    'counted_after', 'visits', 'points', 'indicator_version', 'variant_version'
] %}

with periods_0 as (
    {{ indicator_periods() }}
),

visits as (
    {{ indicator_part(visits_part(indicators)) if execute }}
),

ways as (
    {{ ways_of_counting(indicators) }}
),

-- the classes that a variant counts otherwise than its main indicator does
changes as (

    select
        mains.indicator,
        variants.indicator as variant,
        variants.visit_class,
        mains.way as counted_before,
        variants.way as counted_after,
        case when variants.way = 'hit' then 1 when mains.way = 'hit' then -1 else 0 end as more_hits,
        case when mains.way = 'out' then 1 when variants.way = 'out' then -1 else 0 end as more_counted,
        row_number() over (
            partition by variants.indicator
            order by
                case when mains.way = 'out' then 1 when variants.way = 'out' then 3 else 2 end,
                variants.visit_class
        ) as step
    from ways as variants
    inner join ways as mains
        on variants.variant_of = mains.indicator and variants.visit_class = mains.visit_class
    where variants.way <> mains.way

),

-- what each way of counting makes of the visits as a whole
counted as (

    select
        ways.indicator,
        visits.grain,
        visits.period_start,
        visits.level,
        visits.member,
        sum(case when ways.way = 'hit' then visits.visits else 0 end) as hits,
        sum(visits.visits) as visits
    from visits
    inner join ways on visits.visit_class = ways.visit_class
    where ways.way <> 'out'
    group by ways.indicator, visits.grain, visits.period_start, visits.level, visits.member

),

steps as (

    select
        changes.*,
        visits.grain,
        visits.period_start,
        visits.level,
        visits.member,
        visits.visits,
        visits.visits * changes.more_hits as hits_added,
        visits.visits * changes.more_counted as visits_added,
        mains.hits + sum(visits.visits * changes.more_hits) over so_far as hits_after,
        mains.visits + sum(visits.visits * changes.more_counted) over so_far as visits_after
    from visits
    inner join changes on visits.visit_class = changes.visit_class
    inner join counted as mains
        on
            changes.indicator = mains.indicator
            and visits.grain = mains.grain
            and visits.period_start = mains.period_start
            and visits.level = mains.level
            and visits.member = mains.member
    -- without any visit of its own the variant has no value to lead to
    inner join counted as variants
        on
            changes.variant = variants.indicator
            and visits.grain = variants.grain
            and visits.period_start = variants.period_start
            and visits.level = variants.level
            and visits.member = variants.member
    window so_far as (
        partition by changes.variant, visits.grain, visits.period_start, visits.level, visits.member
        order by changes.step
    )

),

shown as (

    select
        steps.indicator,
        steps.variant,
        steps.grain,
        steps.period_start,
        steps.level,
        steps.member,
        steps.step,
        steps.visit_class,
        steps.counted_before,
        steps.counted_after,
        steps.visits,
        100 * (
            cast(steps.hits_after as double) / steps.visits_after
            - cast(steps.hits_after - steps.hits_added as double) / (steps.visits_after - steps.visits_added)
        ) as points,
        indicators.definition_version as indicator_version,
        variants.definition_version as variant_version
    from steps
    inner join {{ ref('dim_indicators') }} as indicators on steps.indicator = indicators.indicator
    inner join {{ ref('dim_indicators') }} as variants
        on steps.variant = variants.indicator and array_contains(variants.levels, steps.level)

)

{% call shown_beside_kept(columns, 'variant, grain, period_start') %}
    (({{ is_of_another_version('indicator', 'indicator_version') }})
    or ({{ is_of_another_version('variant', 'variant_version') }}))
    and not {{ is_in_touched_period(every=false) }}
{% endcall %}
