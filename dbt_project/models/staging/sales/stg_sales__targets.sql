with source as (

    select * from {{ source('sales', 'sales_target') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.target_id,
        source.agent_key as agent_alias,
        source.team_key,
        sources.site_key,

        -- strings
        source.currency,

        -- numerics
        source.amount,
        {{ dbt.datediff('source.period_from', 'source.period_to', 'day') | trim }} + 1 as period_days,

        -- dates
        source.event_date,
        source.period_from,
        source.period_to
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
