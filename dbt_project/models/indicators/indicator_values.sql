{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook='{{ delete_touched_values() }}',
        meta={'sorted_by': 'period_start'}
    )
}}

-- depends_on: {{ ref('dim_queues') }}
-- depends_on: {{ ref('dim_reasons') }}
-- depends_on: {{ ref('fct_agent_chat_days') }}
-- depends_on: {{ ref('fct_agent_intervals') }}
-- depends_on: {{ ref('fct_agent_months') }}
-- depends_on: {{ ref('fct_calibration_months') }}
-- depends_on: {{ ref('fct_callbacks') }}
-- depends_on: {{ ref('fct_case_days') }}
-- depends_on: {{ ref('fct_case_events') }}
-- depends_on: {{ ref('fct_case_promises') }}
-- depends_on: {{ ref('fct_chat_responses') }}
-- depends_on: {{ ref('fct_chat_turns') }}
-- depends_on: {{ ref('fct_coaching_needs') }}
-- depends_on: {{ ref('fct_complaint_milestones') }}
-- depends_on: {{ ref('fct_contacts') }}
-- depends_on: {{ ref('fct_cost_days') }}
-- depends_on: {{ ref('fct_customer_contacts') }}
-- depends_on: {{ ref('fct_customers_served') }}
-- depends_on: {{ ref('fct_dials') }}
-- depends_on: {{ ref('fct_employee_days') }}
-- depends_on: {{ ref('fct_exam_attempts') }}
-- depends_on: {{ ref('fct_forecast_intervals') }}
-- depends_on: {{ ref('fct_handle_legs') }}
-- depends_on: {{ ref('fct_joiners') }}
-- depends_on: {{ ref('fct_leavers') }}
-- depends_on: {{ ref('fct_menu_sessions') }}
-- depends_on: {{ ref('fct_new_hire_months') }}
-- depends_on: {{ ref('fct_offers') }}
-- depends_on: {{ ref('fct_orders') }}
-- depends_on: {{ ref('fct_qa_evaluations') }}
-- depends_on: {{ ref('fct_queue_visits') }}
-- depends_on: {{ ref('fct_record_accesses') }}
-- depends_on: {{ ref('fct_record_view_days') }}
-- depends_on: {{ ref('fct_sales_target_days') }}
-- depends_on: {{ ref('fct_self_service_sessions') }}
-- depends_on: {{ ref('fct_shift_days') }}
-- depends_on: {{ ref('fct_solution_answers') }}
-- depends_on: {{ ref('fct_spoken_calls') }}
-- depends_on: {{ ref('fct_staffing_intervals') }}
-- depends_on: {{ ref('fct_survey_answers') }}
-- depends_on: {{ ref('fct_survey_invitations') }}
-- depends_on: {{ ref('fct_worded_contacts') }}

{% set indicators = indicator_dictionary() if execute else [] %}
{% set parts = indicator_parts(indicators, levels_without_members()) if execute else {} %}
{% set reaches = reaches_of(indicators, parts) %}
{% set periods = periods_of(reaches | last) %}
{% set columns = [
    'indicator', 'grain', 'period_start', 'starts_at', 'level', 'member', 'numerator', 'denominator', 'value', 'sample_size', 'status',
    'target', 'final_on', 'completeness', 'fresh_until', 'definition_version'
] %}

with
{% for reach in reaches %}
{{ periods_of(reach) }} as (
    {{ indicator_periods(reach) }}
),

{% endfor %}
{% for name, part in parts.items() %}
{{ name }} as (
    {{ indicator_part(part) }}
),
{% endfor %}

valid as (
    {{ valid_combinations(parts) }}
),

computed as (
    {% for group in indicator_groups(indicators) %}
    {{ indicator_rows(group, parts) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- taken for none, though nothing of the kind was ever delivered
untold as (
    {% for untold in taken_for_none(indicators) %}
    select '{{ untold.indicator }}' as indicator
    where not exists (select 1 from {{ untold.fact.relation_name }})
    union all
    {% endfor %}
    select null as indicator
    where false
),

bounds as (

    select
        periods.grain,
        periods.period_start,
        max(periods.date_day) as period_end,
        {%- for parameter in ['small_denominator_floor', 'least_completeness'] %}
        max_by(
            case when parameters.parameter = '{{ parameter }}' then parameters.value end,
            case when parameters.parameter = '{{ parameter }}' then parameters.precedence end
        ) as {{ parameter }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ periods }} as periods
    inner join {{ ref('dim_parameters') }} as parameters
        on periods.period_start between parameters.valid_from and parameters.valid_to
    where
        parameters.parameter in ('small_denominator_floor', 'least_completeness')
        and parameters.channel is null
        and parameters.queue_key is null
    group by periods.grain, periods.period_start

),

-- what each indicator needs of its sources day by day, as far as centre.yml says when it arrives
feed_days as (

    select
        indicators.indicator,
        expected.site_key,
        expected.lake_table,
        expected.date_day,
        arrivals.feed_day_id is not null as has_arrived
    from {{ ref('dim_feed_days') }} as expected
    inner join {{ ref('dim_indicators') }} as indicators
        on array_contains(indicators.daily_tables, expected.lake_table)
    left join {{ ref('dim_feed_arrivals') }} as arrivals on expected.feed_day_id = arrivals.feed_day_id
    where
        expected.date_day in (select date_day from {{ periods }})
        and expected.date_day <= {{ as_of() }}

),

feeds as (

    select
        feed_days.indicator,
        periods.grain,
        periods.period_start,
        case when grouping(feed_days.site_key) = 0 then 'site' else 'centre' end as level,
        case when grouping(feed_days.site_key) = 0 then feed_days.site_key else 'all' end as member,
        sum(case when feed_days.has_arrived then 1 else 0 end) / cast(count(*) as double) as completeness,
        count(distinct feed_days.lake_table) as expected_tables,
        min(feed_days.date_day) as first_expected,
        min(case when not feed_days.has_arrived then feed_days.date_day end) as first_missing
    from feed_days
    inner join {{ periods }} as periods on feed_days.date_day = periods.date_day
    group by grouping sets (
        (feed_days.indicator, periods.grain, periods.period_start),
        (feed_days.indicator, periods.grain, periods.period_start, feed_days.site_key)
    )

),

openings as (

    select
        date_day,
        'queue' as level,
        queue_key as member,
        is_open
    from {{ ref('dim_queue_days') }}
    union all
    select
        date_day,
        'site' as level,
        site_key as member,
        has_open_queue as is_open
    from {{ ref('dim_site_days') }}
    where has_open_queue is not null
    union all
    select
        date_day,
        'centre' as level,
        'all' as member,
        bool_or(is_open) as is_open
    from {{ ref('dim_queue_days') }}
    group by date_day

),

-- who was closed on every day of a period
closed as (

    select
        periods.grain,
        periods.period_start,
        openings.level,
        openings.member
    from {{ periods }} as periods
    inner join openings on periods.date_day = openings.date_day
    inner join bounds on periods.grain = bounds.grain and periods.period_start = bounds.period_start
    where periods.period_start <= {{ as_of() }}
    group by periods.grain, periods.period_start, bounds.period_end, openings.level, openings.member
    having
        not bool_or(openings.is_open)
        and count(*) = {{ dbt.datediff('periods.period_start', 'bounds.period_end', 'day') }} + 1

),

due as (

    select
        feeds.indicator,
        feeds.grain,
        feeds.period_start,
        feeds.level,
        feeds.member
    from feeds
    inner join {{ ref('dim_indicators') }} as indicators on feeds.indicator = indicators.indicator
    where feeds.completeness < 1 or feeds.expected_tables = {{ array_size('indicators.daily_tables') }}
    union distinct
    select
        indicators.indicator,
        closed.grain,
        closed.period_start,
        closed.level,
        closed.member
    from closed
    cross join {{ ref('dim_indicators') }} as indicators

),

-- what has a row though nothing may have been counted: a feed is missing, all that is needed has come, or all is closed;
-- no quarter of an hour has
expected as (
    {% for reach in reaches if names_of_reach(indicators, reach) %}
    select due.*
    from due
    inner join valid using (indicator, grain, level)
    where
        due.grain <> 'interval'
        and due.indicator in ('{{ names_of_reach(indicators, reach) | join("', '") }}')
        and (due.grain, due.period_start) in (select (grain, period_start) from {{ periods_of(reach) }})
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

stated as (

    select *
    from (select * from computed where indicator not in (select indicator from untold)) as told
    full join expected using (indicator, grain, period_start, level, member)

),

judged as (

    select
        stated.*,
        coalesce(stated.starts_at, cast(stated.period_start as {{ dbt.type_timestamp() }})) as began_at,
        stated.value * indicators.scale as scaled_value,
        indicators.definition_version,
        targets.value as target,
        case
            when
                stated.level in ('centre', 'site')
                and (
                    feeds.completeness < bounds.least_completeness
                    or (feeds.completeness < 1 and stated.value is null)
                ) then 'feed_missing'
            when stated.value is null and closed.member is not null then 'closed'
            when stated.value is null then 'no_traffic'
            when indicators.scale > 1 and stated.sample_size < bounds.small_denominator_floor
                then 'below_floor'
            when {{ dbt.datediff('bounds.period_end', as_of(), 'day') }} < indicators.maturity_days
                then 'provisional'
            else 'final'
        end as status,
        {{ dbt.dateadd('day', 'indicators.maturity_days', 'bounds.period_end') }} as matures_on,
        feeds.completeness,
        case
            when feeds.first_missing is null and feeds.completeness is not null
                then least(bounds.period_end, {{ as_of() }})
            when feeds.first_missing > feeds.first_expected
                then {{ dbt.dateadd('day', -1, 'feeds.first_missing') }}
        end as fresh_until
    from stated
    inner join {{ ref('dim_indicators') }} as indicators on stated.indicator = indicators.indicator
    inner join bounds on stated.grain = bounds.grain and stated.period_start = bounds.period_start
    left join {{ ref('dim_targets') }} as targets
        on
            stated.indicator = targets.indicator
            and stated.level = targets.level
            and stated.member = targets.member
            and stated.period_start between targets.valid_from and targets.valid_to
    -- which source feeds which team, agent, queue or channel nobody declares: they are told of the whole centre's
    left join feeds
        on
            stated.indicator = feeds.indicator
            and stated.grain = feeds.grain
            and stated.period_start = feeds.period_start
            and case when stated.level = 'site' then stated.member else 'all' end = feeds.member
            and case when stated.level = 'site' then 'site' else 'centre' end = feeds.level
    left join closed
        on
            stated.grain = closed.grain
            and stated.period_start = closed.period_start
            and stated.level = closed.level
            and stated.member = closed.member

),

shown as (

    select
        indicator,
        grain,
        period_start,
        began_at as starts_at,
        level,
        member,
        numerator,
        denominator,
        case when status not in ('below_floor', 'feed_missing') then scaled_value end as value,
        sample_size,
        status,
        target,
        case when status = 'provisional' then cast(matures_on as date) end as final_on,
        completeness,
        cast(fresh_until as date) as fresh_until,
        definition_version
    from judged

)

{% call shown_beside_kept(columns, 'indicator, grain, period_start') %}
    {{ is_of_another_version('indicator', 'definition_version') }}
    and not ({{ is_of_touched_period(indicators) }})
{% endcall %}
