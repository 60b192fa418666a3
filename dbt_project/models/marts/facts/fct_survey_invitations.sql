{{ config(meta={'looks_ahead_days': 3}) }}

with ratings as (

    select * from {{ ref('stg_chat__survey_invitations') }}
    where {{ partition_filter('csat') }}

),

surveys as (

    select * from {{ ref('stg_survey__invitations') }}
    where {{ partition_filter('survey_invitation') }} and status in ('sent', 'answered', 'expired')

),

answers as (

    select * from {{ ref('stg_survey__answers') }}
    where {{ partition_filter('survey_answer') }}

),

answered as (

    select
        source_system,
        invitation_id,
        min(answered_at) as answered_at,
        min(answered_at_local) as answered_at_local
    from answers
    group by source_system, invitation_id

),

-- a survey that asks for satisfaction among other things delivers this answer as a rating too: one invitation
invitations as (

    select
        source_system,
        response_id as invitation_id,
        channel,
        queue_key,
        site_key,
        agent_alias,
        asked_at,
        asked_at_local,
        answered_at,
        answered_at_local
    from ratings
    union all
    select
        surveys.source_system,
        surveys.invitation_id,
        surveys.channel,
        surveys.queue_key,
        surveys.site_key,
        surveys.agent_alias,
        surveys.asked_at,
        surveys.asked_at_local,
        answered.answered_at,
        answered.answered_at_local
    from surveys
    left join ratings
        on
            surveys.source_system = ratings.source_system
            and surveys.invitation_id = ratings.response_id
    left join answered
        on
            surveys.source_system = answered.source_system
            and surveys.invitation_id = answered.invitation_id
    where ratings.response_id is null

),

dated as (

    select
        *,
        cast(asked_at_local as date) as local_date
    from invitations
    where {{ is_touched('cast(asked_at_local as date)') }}

),

validities as (

    {{ parameters_as_of('dated', ['survey_validity_hours']) | indent(4) }}

)

select
    dated.source_system || ':' || dated.invitation_id as invitation_id,
    dated.channel,
    dated.queue_key,
    {{ agent_columns('dated') }},
    dated.local_date,
    coalesce(
        {{ seconds_between('dated.asked_at', 'dated.answered_at') }} <= validities.survey_validity_hours * 3600,
        false
    ) as is_answered,
    coalesce(
        date_trunc('month', dated.answered_at_local) = date_trunc('month', dated.asked_at_local), false
    ) as is_answered_in_month
from dated
left join validities
    on
        dated.local_date = validities.local_date
        and dated.channel is not distinct from validities.channel
        and dated.queue_key is not distinct from validities.queue_key
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
