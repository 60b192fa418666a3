{{ config(meta={'looks_ahead_days': 1}) }}

with sessions as (

    select * from {{ ref('stg_self_service__sessions') }}
    where {{ partition_filter('self_service_session') }} and outcome <> 'open'

),

tasks as (

    select * from {{ ref('stg_self_service__tasks') }}
    where {{ partition_filter('self_service_task') }} and result <> 'open'

),

interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and direction = 'inbound' and customer_ref is not null

),

conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }} and is_requested and customer_ref is not null

),

-- somebody who asks for a person has not been served by the machine, whether the person answered or not
requests as (

    select
        customer_ref,
        coalesce(queued_at, answered_at) as requested_at
    from interactions
    union all
    select
        customer_ref,
        human_requested_at as requested_at
    from conversations

),

dated as (

    select
        source_system,
        session_id,
        customer_ref,
        site_key,
        outcome,
        started_at,
        cast(started_at_local as date) as local_date,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from sessions
    where {{ is_touched('cast(started_at_local as date)') }}

),

windows as (

    {{ parameters_as_of('dated', ['self_service_window_hours']) | indent(4) }}

),

followed as (

    select distinct
        dated.source_system,
        dated.session_id
    from dated
    inner join windows on dated.local_date = windows.local_date
    inner join requests
        on
            dated.customer_ref = requests.customer_ref
            and dated.started_at < requests.requested_at
            and {{ seconds_between('dated.started_at', 'requests.requested_at') }}
            <= windows.self_service_window_hours * 3600

),

attempts as (

    select
        source_system,
        session_id,
        count(*) as tasks_ended,
        sum(case when result = 'succeeded' then 1 else 0 end) as tasks_succeeded
    from tasks
    group by source_system, session_id

)

select
    dated.source_system || ':' || dated.session_id as session_id,
    dated.site_key,
    dated.local_date,
    dated.outcome,
    dated.customer_ref is not null as is_customer_known,
    followed.session_id is not null as is_followed_by_request,
    coalesce(attempts.tasks_ended, 0) as tasks_ended,
    coalesce(attempts.tasks_succeeded, 0) as tasks_succeeded
from dated
left join followed
    on
        dated.source_system = followed.source_system
        and dated.session_id = followed.session_id
left join attempts
    on
        dated.source_system = attempts.source_system
        and dated.session_id = attempts.session_id
