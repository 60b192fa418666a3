with interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and direction = 'inbound' and queued_at is not null

),

conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }} and is_requested

),

reasons as (

    {{ contact_reasons() }}

),

visits as (

    select
        source_system || ':' || interaction_id || ':' || visit_seq as visit_id,
        source_system,
        interaction_id,
        root_interaction_id as contact_id,
        false as is_conversation,
        channel,
        queue_key,
        site_key,
        queued_at_local,
        outcome,
        wait_seconds,
        answered_at is not null as is_answered,
        row_number() over (
            partition by source_system, root_interaction_id
            order by queued_at, interaction_id, visit_seq
        ) = 1 as is_contact_start
    from interactions
    union all
    select
        source_system || ':' || conversation_id || ':chat' as visit_id,
        source_system,
        conversation_id as interaction_id,
        conversation_id as contact_id,
        true as is_conversation,
        channel,
        queue_key,
        site_key,
        human_requested_at_local as queued_at_local,
        case
            when first_agent_message_at is not null then 'answered'
            when ended_at is not null then 'abandoned'
            else 'open'
        end as outcome,
        {{ seconds_between('human_requested_at', 'coalesce(first_agent_message_at, ended_at)') }} as wait_seconds,
        first_agent_message_at is not null as is_answered,
        true as is_contact_start
    from conversations

),

dated as (

    select
        *,
        cast(queued_at_local as date) as local_date,
        {{ quarter_hour('queued_at_local') }} as interval_start
    from visits
    where {{ is_touched('cast(queued_at_local as date)') }}

),

thresholds as (

    {{ parameters_as_of('dated', ['answer_threshold_sec', 'short_abandon_sec']) | indent(4) }}

),

judged as (

    select
        dated.*,
        reasons.reason_key,
        dated.is_answered
        and coalesce(dated.wait_seconds <= thresholds.answer_threshold_sec, false) as is_answered_in_threshold,
        coalesce(dated.wait_seconds <= thresholds.answer_threshold_sec, false) as is_within_threshold,
        dated.outcome = 'abandoned'
        and coalesce(dated.wait_seconds <= thresholds.short_abandon_sec, false) as is_short_abandon,
        dated.outcome = 'callback_requested' and not dated.is_answered as is_callback
    from dated
    left join thresholds
        on
            dated.local_date = thresholds.local_date
            and dated.channel = thresholds.channel
            and dated.queue_key is not distinct from thresholds.queue_key
    left join reasons
        on
            dated.source_system = reasons.source_system
            and dated.contact_id = reasons.contact_id
            and dated.is_conversation = reasons.is_conversation

)

select
    visit_id,
    source_system,
    interaction_id,
    channel,
    queue_key,
    reason_key,
    site_key,
    local_date,
    interval_start,
    outcome,
    wait_seconds,
    is_contact_start,
    is_answered,
    is_answered_in_threshold,
    is_short_abandon,
    outcome = 'abandoned' and not is_short_abandon as is_abandoned,
    is_callback,
    (is_answered or outcome <> 'open') and not is_short_abandon and not is_callback as is_counted,
    case
        when is_answered then 'answered'
        when is_short_abandon then 'short_abandon'
        when is_callback then 'callback'
        when outcome = 'abandoned' then 'abandoned'
        when outcome = 'open' then 'waiting'
        else 'flowed_out'
    end
    || case
        when is_short_abandon or (outcome = 'open' and not is_answered) then ''
        when is_within_threshold then '_in_time'
        else '_late'
    end as visit_class
from judged
