with dials as (

    select * from {{ ref('stg_telephony__dials') }}
    where {{ partition_filter('tel_dial') }}

),

dated as (

    select
        *,
        cast(dialed_at_local as date) as local_date,
        'voice' as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key,
        extract(hour from {{ local_time('dialed_at', 'callee_time_zone') }}) as callee_hour
    from dials

),

counted as (

    select
        *,
        row_number() over (
            partition by customer_ref, local_date
            order by dialed_at, source_system, dial_id
        ) as customer_dial_number
    from dated
    where {{ is_touched('local_date') }}

),

limits as (

    {{ parameters_as_of(
        'counted',
        ['dial_abandon_limit_sec', 'dial_from_hour', 'dial_until_hour', 'dials_per_customer_day']
    ) | indent(4) }}

)

select
    counted.source_system || ':' || counted.dial_id as dial_id,
    counted.campaign_key,
    counted.line_key,
    counted.site_key,
    counted.local_date,
    counted.result = 'live' as is_live,
    counted.result = 'live'
    and coalesce(
        {{ seconds_between('counted.answered_at', 'counted.connected_at') }} > limits.dial_abandon_limit_sec, true
    ) as is_abandoned,
    coalesce(counted.is_on_do_not_call_list, false) as is_on_do_not_call_list,
    counted.callee_hour < limits.dial_from_hour or counted.callee_hour >= limits.dial_until_hour as is_out_of_hours,
    counted.customer_ref is not null
    and counted.customer_dial_number > limits.dials_per_customer_day as is_too_frequent,
    not coalesce(counted.is_line_registered, true) as is_line_unregistered
from counted
inner join limits on counted.local_date = limits.local_date
