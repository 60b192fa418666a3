with offers as (

    select * from {{ ref('stg_telephony__offers') }}
    where {{ partition_filter('tel_offer') }}

),

dated as (

    select
        *,
        cast(offered_at_local as date) as local_date
    from offers
    where {{ is_touched('cast(offered_at_local as date)') }}

)

select
    dated.source_system || ':' || dated.offer_id as offer_id,
    {{ agent_columns('dated') }},
    dated.queue_key,
    'voice' as channel,
    dated.local_date,
    dated.result in ('no_answer', 'rejected') as is_no_answer,
    dated.result not in ('canceled', 'error') as is_counted
from dated
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
