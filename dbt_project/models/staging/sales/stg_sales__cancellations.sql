with source as (

    select * from {{ source('sales', 'order_cancellation') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.cancellation_id,
        source.order_id,

        -- strings
        source.currency,
        source.reason_key,

        -- numerics
        source.amount,

        -- dates
        source.event_date,

        -- timestamps
        source.canceled_at,
        {{ site_time('source.canceled_at') }} as canceled_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
