{{ config(meta={'looks_back_days': 455}, pre_hook='{{ delete_touched_months() }}') }}

{#- A stretch is four weeks, first and last day included; whoever begins is looked at in the months of a year. -#}
{% set days_after_the_first, days_followed = 27, 365 %}

with months as (

    select
        month_start,
        max(date_day) as last_date
    from {{ ref('dim_dates') }}
    where {{ is_in_touched_month('month_start') }} and date_day <= {{ as_of() }}
    group by month_start

),

-- who was no longer new at the first contact that is known had others before it
first_contacts as (

    select
        agent_key,
        min(local_date) as first_date,
        min_by(site_key, local_date) as site_key
    from {{ ref('fct_handle_legs') }}
    where tenure_band is not null
    group by agent_key
    having min(local_date) = min(case when tenure_band in ('under_30', 'under_90') then local_date end)

),

departures as (

    select
        agent_key,
        max(local_date) as last_date
    from {{ ref('fct_employee_days') }}
    where is_leaver
    group by agent_key

),

-- everybody where the observation ends: with the month, with what is known of it, or with the employment
observed as (

    select
        months.month_start,
        first_contacts.agent_key,
        first_contacts.site_key,
        first_contacts.first_date,
        least(months.last_date, coalesce(departures.last_date, months.last_date)) as local_date
    from first_contacts
    inner join months
        on
            first_contacts.first_date <= months.last_date
            and first_contacts.first_date > {{ dbt.dateadd('day', -days_followed, 'months.last_date') }}
    left join departures
        on
            first_contacts.agent_key = departures.agent_key
            and first_contacts.first_date <= departures.last_date

),

new_hires as (

    select
        agent_key,
        first_date,
        max(local_date) as last_date
    from observed
    group by agent_key, first_date

),

days as (

    select
        new_hires.agent_key,
        new_hires.last_date,
        dates.date_day as local_date,
        dates.month_start,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from new_hires
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day between new_hires.first_date and new_hires.last_date

),

timed_legs as (

    select
        agent_key,
        local_date,
        cast(date_trunc('month', local_date) as date) as month_start,
        channel,
        reason_key,
        tenure_band,
        handle_seconds
    from {{ ref('fct_handle_legs') }}
    where
        handle_seconds is not null
        and local_date >= (select min(days.month_start) as first_month from days)
        and local_date <= (select max(days.local_date) as last_date from days)

),

-- what a contact of the month takes who knows the work: a month is stable where a day is not, and never lies ahead
tenured as (

    select
        month_start,
        channel,
        reason_key,
        percentile_cont(0.5) within group (order by handle_seconds) as handle_seconds
    from timed_legs
    where tenure_band in ('under_365', 'older')
    group by month_start, channel, reason_key

),

-- the same contacts by the person's time and by that of tenured agents; those that nobody tenured had are no measure
handled as (

    select
        days.agent_key,
        days.local_date,
        sum(timed_legs.handle_seconds) as handle_seconds,
        sum(tenured.handle_seconds) as tenured_seconds
    from timed_legs
    inner join days on timed_legs.agent_key = days.agent_key and timed_legs.local_date = days.local_date
    inner join tenured
        on
            timed_legs.month_start = tenured.month_start
            and timed_legs.channel = tenured.channel
            and timed_legs.reason_key is not distinct from tenured.reason_key
    group by days.agent_key, days.local_date

),

evaluated as (

    select
        agent_key,
        local_date,
        count(*) as evaluations,
        sum(case when is_passed then 1 else 0 end) as evaluations_passed
    from {{ ref('fct_qa_evaluations') }}
    where is_counted
    group by agent_key, local_date

),

stretches as (

    select
        days.agent_key,
        days.local_date,
        {{ dbt.dateadd('day', days_after_the_first, 'days.local_date') }} <= days.last_date as is_complete,
        -- whole milliseconds: sums of floats depend on the order of their parts
        round(sum(handled.handle_seconds) over stretch, 3) as handle_seconds,
        round(sum(handled.tenured_seconds) over stretch, 3) as tenured_seconds,
        sum(evaluated.evaluations) over stretch as evaluations,
        sum(evaluated.evaluations_passed) over stretch as evaluations_passed
    from days
    left join handled on days.agent_key = handled.agent_key and days.local_date = handled.local_date
    left join evaluated on days.agent_key = evaluated.agent_key and days.local_date = evaluated.local_date
    window stretch as (
        partition by days.agent_key
        order by days.local_date rows between current row and {{ days_after_the_first }} following
    )

),

limits as (

    {{ parameters_as_of('days', ['proficiency_qa_pass_pct', 'proficiency_handle_pct']) | indent(4) }}

),

verdicts as (

    select
        stretches.agent_key,
        min(case when stretches.tenured_seconds > 0 then stretches.local_date end) as comparable_from,
        min(case
            when
                100 * stretches.evaluations_passed >= limits.proficiency_qa_pass_pct * stretches.evaluations
                and 100 * stretches.handle_seconds <= limits.proficiency_handle_pct * stretches.tenured_seconds
                then stretches.local_date
        end) as proficient_from
    from stretches
    inner join limits on stretches.local_date = limits.local_date
    where stretches.is_complete
    group by stretches.agent_key

),

-- a verdict rests on the days of its stretch alone, so it holds for every month that ends after them
judged as (

    select
        observed.*,
        {{ dbt.dateadd('day', -days_after_the_first, 'observed.local_date') }} as last_from,
        verdicts.comparable_from,
        verdicts.proficient_from
    from observed
    inner join verdicts on observed.agent_key = verdicts.agent_key

)

select
    judged.agent_key || ':' || judged.month_start as new_hire_month_id,
    {{ agent_columns('judged', key='judged.agent_key') }},
    judged.month_start as local_date,
    judged.first_date as first_contact_on,
    coalesce(judged.proficient_from <= judged.last_from, false) as is_proficient,
    {{ dbt.datediff(
        'judged.first_date', 'least(judged.last_from, coalesce(judged.proficient_from, judged.last_from))', 'day'
    ) }} as proficiency_days
from judged
left join {{ agent_teams_of('judged', key='judged.agent_key') }}
where judged.comparable_from <= judged.last_from
