{{ config(meta={'looks_ahead_days': 7}) }}

with events as (

    select * from {{ ref('stg_crm_case__events') }}
    where {{ partition_filter('case_event') }} and event in ('opened', 'reopened', 'resolved', 'closed', 'canceled')

),

turns as (

    select
        source_system,
        event_id,
        lead(event) over cases as next_event,
        lead(occurred_at) over cases as next_occurred_at
    from events
    where event in ('resolved', 'reopened')
    window cases as (partition by source_system, case_id order by occurred_at, event_id)

),

dated as (

    select
        *,
        cast(occurred_at_local as date) as local_date,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from events
    where {{ is_touched('cast(occurred_at_local as date)') }}

),

windows as (

    {{ parameters_as_of('dated', ['reopen_window_days']) | indent(4) }}

)

select
    dated.source_system || ':' || dated.event_id as case_event_id,
    dated.source_system || ':' || dated.case_id as case_id,
    {{ agent_columns('dated') }},
    dated.site_key as source_site_key,
    dated.local_date,
    dated.event,
    dated.occurred_at,
    dated.event = 'resolved'
    and coalesce(
        turns.next_event = 'reopened'
        and {{ seconds_between('dated.occurred_at', 'turns.next_occurred_at') }} <= windows.reopen_window_days * 86400,
        false
    ) as is_reopened
from dated
left join windows on dated.local_date = windows.local_date
left join turns
    on
        dated.source_system = turns.source_system
        and dated.event_id = turns.event_id
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
