{{ config(meta={'looks_ahead_days': 30}) }}

with orders as (

    select * from {{ ref('stg_sales__orders') }}
    where {{ partition_filter('sales_order') }} and agent_alias is not null

),

cancellations as (

    select * from {{ ref('stg_sales__cancellations') }}
    where {{ partition_filter('order_cancellation') }}

),

targets as (

    select distinct
        local_date,
        team_key,
        agent_key,
        currency
    from {{ ref('fct_sales_target_days') }}
    where {{ is_touched('local_date') }}

),

dated as (

    select
        *,
        cast(ordered_at_local as date) as local_date,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from orders
    where {{ is_touched('cast(ordered_at_local as date)') }}

),

windows as (

    {{ parameters_as_of('dated', ['cancellation_window_days']) | indent(4) }}

),

taken_back as (

    select
        dated.source_system,
        dated.order_id,
        sum(cancellations.amount) as amount
    from dated
    inner join windows on dated.local_date = windows.local_date
    inner join cancellations
        on
            dated.source_system = cancellations.source_system
            and dated.order_id = cancellations.order_id
            and {{ dbt.datediff('dated.local_date', 'cancellations.canceled_at_local', 'day') | trim }}
            <= windows.cancellation_window_days
    group by dated.source_system, dated.order_id

),

credited as (

    select
        dated.source_system || ':' || dated.order_id as order_id,
        dated.product_key,
        dated.campaign_key,
        {{ agent_columns('dated') }},
        dated.local_date,
        windows.cancellation_window_days,
        -- parts that make up the whole may miss it by the last digit
        coalesce(round(taken_back.amount - dated.amount, 6) >= 0, false) as is_canceled,
        dated.currency,
        case
            when dated.paid_at is null then 0
            else greatest(dated.amount - coalesce(taken_back.amount, 0), 0)
        end as net_amount
    from dated
    inner join windows on dated.local_date = windows.local_date
    left join taken_back
        on
            dated.source_system = taken_back.source_system
            and dated.order_id = taken_back.order_id
    left join {{ agent_names_of('dated') }}
    left join {{ agent_teams_of('dated') }}

)

select
    credited.*,
    targets_of_person.agent_key is not null or targets_of_team.team_key is not null as is_targeted
from credited
left join targets as targets_of_person
    on
        credited.local_date = targets_of_person.local_date
        and credited.agent_key = targets_of_person.agent_key
        and credited.currency = targets_of_person.currency
left join targets as targets_of_team
    on
        credited.local_date = targets_of_team.local_date
        and credited.team_key = targets_of_team.team_key
        and credited.currency = targets_of_team.currency
        and targets_of_team.agent_key is null
