{%- set days_ahead = 3 -%}
{{ config(meta={'looks_ahead_days': days_ahead}) }}

with interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and direction <> 'internal'

),

-- a source either lets the visit end in the request or has the callback itself wait in the queue
requests as (

    select
        *,
        case when outcome = 'callback_requested' then coalesce(ended_at, queued_at) else queued_at end as promised_at,
        row_number() over (
            partition by source_system, root_interaction_id
            order by case when outcome = 'callback_requested' then 0 else 1 end, queued_at, interaction_id, visit_seq
        ) as place
    from interactions
    where
        queued_at is not null
        and ((outcome = 'callback_requested' and answered_at is null) or channel = 'callback')

),

promises as (

    select
        source_system || ':' || root_interaction_id as callback_id,
        source_system,
        root_interaction_id,
        customer_ref,
        channel,
        queue_key,
        site_key,
        cast(queued_at_local as date) as local_date,
        promised_at
    from requests
    where place = 1 and {{ is_touched('cast(queued_at_local as date)') }}

),

-- nothing later than the fact looks ahead is found, so no promise may last longer
windows as (

    {{ parameters_as_of('promises', ['callback_promise_hours']) | indent(4) }}

),

calls_back as (

    select
        source_system,
        root_interaction_id,
        customer_ref,
        answered_at
    from interactions
    where answered_at is not null and (channel = 'callback' or direction = 'outbound')

),

reached as (

    select
        promises.callback_id,
        calls_back.answered_at
    from promises
    inner join calls_back
        on
            promises.source_system = calls_back.source_system
            and promises.root_interaction_id = calls_back.root_interaction_id
            and promises.promised_at <= calls_back.answered_at
    union all
    select
        promises.callback_id,
        calls_back.answered_at
    from promises
    inner join calls_back
        on
            promises.customer_ref = calls_back.customer_ref
            and promises.promised_at <= calls_back.answered_at

),

first_reached as (

    select
        callback_id,
        min(answered_at) as reached_at
    from reached
    group by callback_id

)

select
    promises.callback_id,
    promises.channel,
    promises.queue_key,
    promises.site_key,
    promises.local_date,
    coalesce(
        {{ seconds_between('promises.promised_at', 'first_reached.reached_at') }}
        <= least(windows.callback_promise_hours, {{ 24 * days_ahead }}) * 3600,
        false
    ) as is_kept
from promises
inner join windows
    on
        promises.local_date = windows.local_date
        and promises.channel = windows.channel
        and promises.queue_key is not distinct from windows.queue_key
left join first_reached on promises.callback_id = first_reached.callback_id
