{{ config(meta={'looks_back_days': 31}) }}

with events as (

    select * from {{ ref('fct_case_events') }}

),

states as (

    select
        case_id,
        source_site_key as site_key,
        event,
        local_date as first_date,
        lead(local_date) over (partition by case_id order by occurred_at, case_event_id) as next_date
    from events

),

dates as (

    {{ passed_dates() }}

)

select
    states.case_id || ':' || dates.local_date as case_day_id,
    states.case_id,
    states.site_key,
    dates.local_date
from states
inner join dates
    on
        states.first_date <= dates.local_date
        and coalesce(states.next_date, date '9999-12-31') > dates.local_date
where states.event in ('opened', 'reopened')
