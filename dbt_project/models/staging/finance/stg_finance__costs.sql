with source as (

    select * from {{ source('finance', 'cost') }}

),

renamed as (

    select
        -- ids
        source_system,
        cost_id,
        site_key,
        client_key,

        -- strings
        cost_key,
        channel,
        queue_group,
        currency,

        -- numerics
        amount,
        {{ dbt.datediff('period_from', 'period_to', 'day') | trim }} + 1 as period_days,

        -- dates
        event_date,
        period_from,
        period_to
    from source

)

select * from renamed
