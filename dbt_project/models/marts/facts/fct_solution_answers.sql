{{ config(meta={'looks_ahead_days': 3}) }}

with invitations as (

    select * from {{ ref('stg_survey__invitations') }}
    where {{ partition_filter('survey_invitation') }}

),

answers as (

    select * from {{ ref('stg_survey__answers') }}
    where {{ partition_filter('survey_answer') }} and question_key = 'solved_first_time' and choice is not null

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
    answers.choice,
    answers.choice = 'yes' as is_solved_first_time
from dated
inner join answers
    on
        dated.source_system = answers.source_system
        and dated.invitation_id = answers.invitation_id
inner join validities
    on
        dated.local_date = validities.local_date
        and dated.channel is not distinct from validities.channel
        and dated.queue_key is not distinct from validities.queue_key
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
where {{ seconds_between('dated.asked_at', 'answers.answered_at') }} <= validities.survey_validity_hours * 3600
