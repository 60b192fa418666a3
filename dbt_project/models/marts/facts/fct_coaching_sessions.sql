with sessions as (

    select * from {{ ref('stg_qa__coaching_sessions') }}
    where {{ partition_filter('coaching_session') }} and status = 'held'

),

dated as (

    select
        *,
        cast(held_at_local as date) as local_date
    from sessions
    where {{ is_touched('cast(held_at_local as date)') }}

)

select
    dated.source_system || ':' || dated.session_id as session_id,
    {{ agent_columns('dated') }},
    dated.local_date,
    dated.kind,
    dated.kind = 'one_to_one' and coalesce(dated.own_material, true) as is_counted
from dated
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
