with costs as (

    select * from {{ ref('stg_finance__costs') }}
    where {{ partition_filter('cost') }}

),

dates as (

    {{ passed_dates() }}

)

select
    costs.source_system || ':' || costs.cost_id || ':' || dates.local_date as cost_day_id,
    costs.cost_key,
    costs.site_key,
    dates.local_date,
    costs.currency,
    costs.amount / costs.period_days as amount
from costs
inner join dates on dates.local_date between costs.period_from and costs.period_to
