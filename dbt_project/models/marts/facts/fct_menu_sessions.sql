with sessions as (

    select * from {{ ref('stg_self_service__sessions') }}
    where {{ partition_filter('self_service_session') }} and medium = 'ivr' and outcome <> 'open'

),

tasks as (

    select * from {{ ref('stg_self_service__tasks') }}
    where {{ partition_filter('self_service_task') }} and result = 'succeeded'

),

served as (

    select distinct
        source_system,
        session_id
    from tasks

)

select
    sessions.source_system || ':' || sessions.session_id as session_id,
    sessions.site_key,
    cast(sessions.started_at_local as date) as local_date,
    sessions.outcome <> 'transferred' and served.session_id is null as is_lost
from sessions
left join served
    on
        sessions.source_system = served.source_system
        and sessions.session_id = served.session_id
where {{ is_touched('cast(sessions.started_at_local as date)') }}
