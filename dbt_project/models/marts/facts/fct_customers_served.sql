{{ config(meta={'looks_ahead_days': 4}) }}

with interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and direction = 'inbound' and answered_at is not null

),

conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }} and is_requested and first_agent_message_at is not null

),

orders as (

    select * from {{ ref('stg_sales__orders') }}
    where {{ partition_filter('sales_order') }} and paid_at is not null

),

legs as (

    select
        source_system || ':' || interaction_id || ':' || visit_seq as leg_id,
        source_system,
        customer_ref,
        channel,
        queue_key,
        site_key,
        agent_alias,
        answered_at,
        cast(answered_at_local as date) as local_date
    from interactions
    where customer_ref is not null
    union all
    select
        source_system || ':' || conversation_id || ':chat' as leg_id,
        source_system,
        customer_ref,
        channel,
        queue_key,
        site_key,
        agent_alias,
        first_agent_message_at as answered_at,
        cast(first_agent_message_at_local as date) as local_date
    from conversations
    where customer_ref is not null

),

dated as (

    select * from legs
    where {{ is_touched('local_date') }}

),

windows as (

    {{ parameters_as_of('dated', ['conversion_window_hours']) | indent(4) }}

),

enquiries as (

    select
        dated.*,
        windows.conversion_window_hours
    from dated
    inner join windows
        on
            dated.local_date = windows.local_date
            and dated.channel = windows.channel
            and dated.queue_key is not distinct from windows.queue_key
    where windows.conversion_window_hours > 0

),

-- what was ordered long before is no success of the contact, and its partition is not read
converted as (

    select distinct enquiries.leg_id
    from enquiries
    inner join orders
        on
            enquiries.customer_ref = orders.customer_ref
            and orders.event_date >= enquiries.local_date - interval '1' day
            and {{ seconds_between('enquiries.answered_at', 'orders.paid_at') }}
            between 0 and enquiries.conversion_window_hours * 3600

),

-- the last person before the payment is credited, the last one of the day where nothing was paid
ranked as (

    select
        enquiries.*,
        converted.leg_id is not null as is_converted,
        row_number() over (
            partition by enquiries.customer_ref, enquiries.local_date
            order by converted.leg_id is null asc, enquiries.answered_at desc, enquiries.leg_id asc
        ) as place
    from enquiries
    left join converted on enquiries.leg_id = converted.leg_id

)

select
    ranked.leg_id as served_id,
    ranked.channel,
    ranked.queue_key,
    {{ agent_columns('ranked') }},
    ranked.local_date,
    ranked.conversion_window_hours,
    ranked.is_converted
from ranked
left join {{ agent_names_of('ranked') }}
left join {{ agent_teams_of('ranked') }}
where ranked.place = 1
