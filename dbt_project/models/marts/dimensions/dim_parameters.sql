with defaults as (

    select * from {{ ref('parameters') }}

),

declared as (

    select * from {{ ref('stg_centre__parameters') }}

),

parameters as (

    select
        'default' as origin,
        parameter,
        channel,
        queue_key,
        value,
        valid_from,
        valid_to
    from defaults
    union all
    select
        'centre' as origin,
        parameter,
        channel,
        queue_key,
        value,
        valid_from,
        valid_to
    from declared

),

-- a value lasts until its end or until the next one for the same scope begins, whichever is first
closed as (

    select
        origin,
        parameter,
        channel,
        queue_key,
        value,
        valid_from,
        least(
            coalesce(valid_to, date '9999-12-31'),
            coalesce(
                cast(
                    lead(valid_from) over (partition by origin, parameter, channel, queue_key order by valid_from)
                    - interval '1' day as date
                ),
                date '9999-12-31'
            )
        ) as valid_to
    from parameters

)

select
    origin || ':' || parameter || ':' || coalesce(channel, '*') || ':' || coalesce(queue_key, '*') || ':' || valid_from
        as parameter_id,
    origin,
    parameter,
    channel,
    queue_key,
    value,
    valid_from,
    valid_to,
    -- the centre before the default, a queue before a channel, a channel before everything
    case when origin = 'centre' then 4 else 0 end
    + case when queue_key is not null then 2 else 0 end
    + case when channel is not null then 1 else 0 end as precedence
from closed
where valid_from <= valid_to
