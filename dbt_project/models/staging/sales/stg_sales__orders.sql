with source as (

    select * from {{ source('sales', 'sales_order') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.order_id,
        source.customer_ref,
        source.agent_key as agent_alias,
        source.interaction_id,
        source.product_key,
        source.campaign_key,
        sources.site_key,

        -- strings
        source.currency,
        source.status,

        -- numerics
        source.quantity,
        source.amount,

        -- dates
        source.event_date,

        -- timestamps
        source.ordered_at,
        source.paid_at,
        {{ site_time('source.ordered_at') }} as ordered_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
