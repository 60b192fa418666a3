with invitations as (

    select * from {{ ref('stg_chat__survey_invitations') }}
    where {{ partition_filter('csat') }} and answered_at is not null

),

dated as (

    select
        *,
        cast(contact_at_local as date) as local_date
    from invitations
    where {{ is_touched('cast(contact_at_local as date)') }}

),

validities as (

    {{ parameters_as_of('dated', ['survey_validity_hours']) | indent(4) }}

)

select
    dated.source_system || ':' || dated.response_id as answer_id,
    dated.channel,
    dated.queue_key,
    {{ agent_columns('dated') }},
    dated.local_date,
    dated.score,
    1 + 4 * (dated.score - dated.scale_min) / (dated.scale_max - dated.scale_min) as score_of_five,
    (dated.score - dated.scale_min) / (dated.scale_max - dated.scale_min) >= 0.75 as is_top_two
from dated
inner join validities
    on
        dated.local_date = validities.local_date
        and dated.channel = validities.channel
        and dated.queue_key is not distinct from validities.queue_key
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
where {{ seconds_between('dated.asked_at', 'dated.answered_at') }} <= validities.survey_validity_hours * 3600
