with invitations as (

    select * from {{ ref('stg_chat__survey_invitations') }}
    where {{ partition_filter('csat') }} and answered_at is not null

),

agent_names as (

    select * from {{ ref('int_agent_names') }}

),

agent_teams as (

    select * from {{ ref('dim_agent_teams') }}

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
    coalesce(agent_teams.site_key, dated.site_key) as site_key,
    coalesce(agent_names.agent_key, 'unresolved:' || dated.source_system || ':' || dated.agent_alias) as agent_key,
    agent_teams.team_key,
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
left join agent_names
    on
        dated.source_system = agent_names.source_system
        and dated.agent_alias = agent_names.agent_alias
        and dated.local_date between agent_names.valid_from and agent_names.valid_to
left join agent_teams
    on
        agent_names.agent_key = agent_teams.agent_key
        and dated.local_date between agent_teams.valid_from and agent_teams.valid_to
where {{ seconds_between('dated.asked_at', 'dated.answered_at') }} <= validities.survey_validity_hours * 3600
