with interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and direction = 'inbound' and answered_at is not null

),

conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }} and is_requested and first_agent_message_at is not null

),

ratings as (

    select * from {{ ref('stg_chat__survey_invitations') }}
    where {{ partition_filter('csat') }}

),

surveys as (

    select * from {{ ref('stg_survey__invitations') }}
    where {{ partition_filter('survey_invitation') }} and interaction_id is not null

),

evaluations as (

    select * from {{ ref('stg_qa__evaluations') }}
    where {{ partition_filter('qa_evaluation') }} and status <> 'draft' and interaction_id is not null

),

certificates as (

    select * from {{ ref('stg_hr__certificates') }}
    where {{ partition_filter('certificate') }}

),

reasons as (

    {{ contact_reasons() }}

),

legs as (

    select
        source_system || ':' || interaction_id || ':' || visit_seq as leg_id,
        source_system,
        interaction_id,
        root_interaction_id,
        false as is_conversation,
        channel,
        queue_key,
        site_key,
        agent_alias,
        answered_at,
        answered_at_local,
        row_number() over (
            partition by source_system, root_interaction_id
            order by answered_at, interaction_id, visit_seq
        ) = 1 as is_contact_first_leg,
        talk_seconds,
        hold_seconds,
        acw_seconds,
        case
            when not is_open and ended_at is not null
                then talk_seconds + coalesce(hold_seconds, 0) + coalesce(acw_seconds, 0)
        end as handle_seconds,
        acw_seconds is not null as has_acw,
        transfer_kind is not null as is_transferred,
        not is_open and coalesce(ended_by, 'unknown') <> 'unknown' as is_transfer_known,
        coalesce(not is_open and ended_by = 'agent', false) as is_ended_by_agent
    from interactions
    union all
    select
        source_system || ':' || conversation_id || ':chat' as leg_id,
        source_system,
        conversation_id as interaction_id,
        conversation_id as root_interaction_id,
        true as is_conversation,
        channel,
        queue_key,
        site_key,
        agent_alias,
        first_agent_message_at as answered_at,
        first_agent_message_at_local as answered_at_local,
        true as is_contact_first_leg,
        null as talk_seconds,
        null as hold_seconds,
        null as acw_seconds,
        null as handle_seconds,
        false as has_acw,
        false as is_transferred,
        false as is_transfer_known,
        false as is_ended_by_agent
    from conversations

),

dated as (

    select
        *,
        cast(answered_at_local as date) as local_date,
        {{ quarter_hour('answered_at_local') }} as interval_start
    from legs

),

limits as (

    {{ parameters_as_of('dated', ['short_contact_sec']) | indent(4) }}

),

attributed as (

    select
        dated.*,
        limits.short_contact_sec,
        agent_names.agent_key as resolved_agent_key
    from dated
    left join limits
        on
            dated.local_date = limits.local_date
            and dated.channel = limits.channel
            and dated.queue_key is not distinct from limits.queue_key
    left join {{ agent_names_of('dated') }}

),

attributed_evaluations as (

    select
        evaluations.interaction_id,
        evaluations.channel,
        coalesce(evaluations.contact_at, evaluations.evaluated_at) as contact_at,
        agent_names.agent_key as resolved_agent_key
    from evaluations
    left join {{ agent_names_of('evaluations', date='cast(evaluations.evaluated_at_local as date)') }}

),

invitations as (

    select
        interaction_id,
        channel,
        contact_at,
        true as is_sent,
        false as is_suppressed
    from ratings
    union all
    select
        interaction_id,
        channel,
        coalesce(contact_at, asked_at) as contact_at,
        status in ('sent', 'answered', 'expired') as is_sent,
        status = 'suppressed' as is_suppressed
    from surveys

),

invited_contacts as (

    select
        attributed.source_system,
        attributed.root_interaction_id,
        max(case when invitations.is_sent then 1 else 0 end) = 1 as is_survey_sent,
        max(case when invitations.is_suppressed then 1 else 0 end) = 1 as is_survey_suppressed
    from attributed
    inner join invitations
        on
            attributed.interaction_id = invitations.interaction_id
            and attributed.channel = coalesce(invitations.channel, attributed.channel)
            and invitations.contact_at between
            attributed.answered_at - interval '1' day and attributed.answered_at + interval '1' day
    group by attributed.source_system, attributed.root_interaction_id

),

-- two systems may number their contacts alike: channel, day and person have to agree as far as they are known
evaluated_contacts as (

    select distinct
        attributed.source_system,
        attributed.root_interaction_id
    from attributed
    inner join attributed_evaluations
        on
            attributed.interaction_id = attributed_evaluations.interaction_id
            and attributed.channel = coalesce(attributed_evaluations.channel, attributed.channel)
            and coalesce(attributed.resolved_agent_key, attributed_evaluations.resolved_agent_key, '')
            = coalesce(attributed_evaluations.resolved_agent_key, attributed.resolved_agent_key, '')
            and attributed_evaluations.contact_at between
            attributed.answered_at - interval '1' day and attributed.answered_at + interval '1' day

),

certified_legs as (

    select distinct attributed.leg_id
    from attributed
    inner join certificates
        on
            attributed.resolved_agent_key = certificates.employee_key
            and attributed.queue_key = coalesce(certificates.queue_key, attributed.queue_key)
            and attributed.local_date between certificates.valid_from and certificates.valid_to

)

select
    attributed.leg_id,
    attributed.source_system,
    attributed.interaction_id,
    attributed.channel,
    attributed.queue_key,
    reasons.reason_key,
    {{ agent_columns('attributed', key=agent_key_of('attributed', known='attributed.resolved_agent_key')) }},
    {{ tenure_band_of('attributed') }} as tenure_band,
    attributed.local_date,
    attributed.interval_start,
    attributed.is_contact_first_leg,
    attributed.talk_seconds,
    attributed.hold_seconds,
    attributed.acw_seconds,
    attributed.handle_seconds,
    attributed.has_acw,
    attributed.is_transferred,
    attributed.is_transfer_known,
    attributed.is_transfer_known
    and not attributed.is_transferred
    and coalesce(attributed.talk_seconds <= attributed.short_contact_sec, false) as is_short,
    attributed.is_contact_first_leg and coalesce(invited_contacts.is_survey_sent, false) as is_survey_sent,
    attributed.is_contact_first_leg
    and coalesce(invited_contacts.is_survey_sent or not invited_contacts.is_survey_suppressed, true)
        as is_survey_eligible,
    attributed.is_ended_by_agent,
    attributed.is_contact_first_leg and evaluated_contacts.root_interaction_id is not null as is_contact_evaluated,
    certified_legs.leg_id is not null as is_certified
from attributed
left join invited_contacts
    on
        attributed.source_system = invited_contacts.source_system
        and attributed.root_interaction_id = invited_contacts.root_interaction_id
left join evaluated_contacts
    on
        attributed.source_system = evaluated_contacts.source_system
        and attributed.root_interaction_id = evaluated_contacts.root_interaction_id
left join reasons
    on
        attributed.source_system = reasons.source_system
        and attributed.root_interaction_id = reasons.contact_id
        and attributed.is_conversation = reasons.is_conversation
left join certified_legs on attributed.leg_id = certified_legs.leg_id
left join {{ agent_teams_of('attributed', key='attributed.resolved_agent_key') }}
where {{ is_touched('attributed.local_date') }}
