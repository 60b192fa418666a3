with invitations as (

    select * from {{ ref('stg_chat__survey_invitations') }}
    where {{ partition_filter('csat') }} and answered_at is not null

),

messages as (

    select * from {{ ref('stg_chat__messages') }}
    where {{ partition_filter('chat_message') }}
        and sender_type = 'agent' and not is_private and agent_alias is not null

),

interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and answered_at is not null and agent_alias is not null

),

reasons as (

    {{ contact_reasons() }}

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

),

valid as (

    select
        dated.*,
        dated.source_system || ':' || dated.response_id as answer_id,
        (dated.score - dated.scale_min) / (dated.scale_max - dated.scale_min) as score_of_one
    from dated
    inner join validities
        on
            dated.local_date = validities.local_date
            and dated.channel = validities.channel
            and dated.queue_key is not distinct from validities.queue_key
    where {{ seconds_between('dated.asked_at', 'dated.answered_at') }} <= validities.survey_validity_hours * 3600

),

-- the last person is in the rating, who else took part on that day in what was said
people as (

    select
        source_system,
        agent_alias,
        local_date,
        answer_id,
        true as is_last
    from valid
    union all
    select distinct
        messages.source_system,
        messages.agent_alias,
        valid.local_date,
        valid.answer_id,
        false as is_last
    from valid
    inner join messages
        on
            valid.source_system = messages.source_system
            and valid.interaction_id = messages.conversation_id
            and valid.local_date = cast(messages.sent_at_local as date)
    union all
    select distinct
        interactions.source_system,
        interactions.agent_alias,
        valid.local_date,
        valid.answer_id,
        false as is_last
    from valid
    inner join interactions
        on
            valid.channel = 'voice'
            and valid.interaction_id = interactions.root_interaction_id
            and valid.local_date = cast(interactions.answered_at_local as date)

),

credited as (

    select
        people.answer_id,
        {{ agent_key_of('people') }} as agent_key,
        max(case when people.is_last then 1 else 0 end) = 1 as is_last
    from people
    left join {{ agent_names_of('people') }}
    group by people.answer_id, {{ agent_key_of('people') }}

)

select
    valid.answer_id || coalesce(':' || credited.agent_key, '') as credit_id,
    valid.answer_id,
    valid.channel,
    valid.queue_key,
    reasons.reason_key,
    {{ agent_columns('valid', key='credited.agent_key') }},
    valid.local_date,
    credited.is_last,
    valid.score,
    1 + 4 * valid.score_of_one as score_of_five,
    valid.score_of_one >= 0.75 as is_top_two,
    valid.score_of_one >= 1 as is_top
from valid
inner join credited on valid.answer_id = credited.answer_id
left join reasons
    on
        valid.source_system = reasons.source_system
        and valid.interaction_id = reasons.contact_id
        and (valid.channel <> 'voice') = reasons.is_conversation
left join {{ agent_teams_of('valid', key='credited.agent_key') }}
