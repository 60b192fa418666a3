{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook='{{ delete_touched_values() }}'
    )
}}

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
-- depends_on: {{ ref('fct_offers') }}
-- depends_on: {{ ref('fct_orders') }}
-- depends_on: {{ ref('fct_qa_evaluations') }}
-- depends_on: {{ ref('fct_queue_visits') }}
-- depends_on: {{ ref('fct_record_accesses') }}
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
{% set parts = indicator_parts(indicators) if execute else {} %}

with
{% for reach in reaches_of(indicators, parts) %}
{{ periods_of(reach) }} as (
    {{ indicator_periods(reach) }}
),

{% endfor %}
{% for name, part in parts.items() %}
{{ name }} as (
    {{ indicator_part(part) }}
),
{% endfor %}

computed as (
    {% for indicator in indicators %}
    {{ indicator_rows(indicator, parts) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

bounds as (

    select
        periods.grain,
        periods.period_start,
        max(periods.date_day) as period_end,
        max_by(parameters.value, parameters.precedence) as small_denominator_floor
    from {{ periods_of(reaches_of(indicators, parts) | last) }} as periods
    inner join {{ ref('dim_parameters') }} as parameters
        on periods.period_start between parameters.valid_from and parameters.valid_to
    where
        parameters.parameter = 'small_denominator_floor'
        and parameters.channel is null
        and parameters.queue_key is null
    group by periods.grain, periods.period_start

),

judged as (

    select
        computed.indicator,
        computed.grain,
        computed.period_start,
        computed.level,
        computed.member,
        computed.numerator,
        computed.denominator,
        computed.value * indicators.scale as value,
        computed.sample_size,
        targets.value as target,
        case
            when computed.value is null then 'no_traffic'
            when indicators.scale > 1 and computed.sample_size < bounds.small_denominator_floor
                then 'below_floor'
            when {{ dbt.datediff('bounds.period_end', as_of(), 'day') }} < indicators.maturity_days
                then 'provisional'
            else 'final'
        end as status,
        {{ dbt.dateadd('day', 'indicators.maturity_days', 'bounds.period_end') }} as matures_on
    from computed
    inner join {{ ref('dim_indicators') }} as indicators on computed.indicator = indicators.indicator
    inner join bounds on computed.grain = bounds.grain and computed.period_start = bounds.period_start
    left join {{ ref('dim_targets') }} as targets
        on
            computed.indicator = targets.indicator
            and computed.level = targets.level
            and computed.member = targets.member
            and computed.period_start between targets.valid_from and targets.valid_to

)

select
    indicator,
    grain,
    period_start,
    level,
    member,
    numerator,
    denominator,
    case when status <> 'below_floor' then value end as value,
    sample_size,
    status,
    target,
    case when status = 'provisional' then cast(matures_on as date) end as final_on
from judged
