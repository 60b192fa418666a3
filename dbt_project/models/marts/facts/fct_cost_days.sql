with costs as (

    select * from {{ ref('stg_finance__costs') }}
    where {{ partition_filter('cost') }}

),

dates as (

    select * from {{ ref('dim_dates') }}
    where {{ is_touched('date_day') }} and date_day <= {{ as_of() }}

)

select
    costs.source_system || ':' || costs.cost_id || ':' || dates.date_day as cost_day_id,
    costs.cost_key,
    costs.site_key,
    dates.date_day as local_date,
    costs.currency,
    costs.amount / costs.period_days as amount
from costs
inner join dates on dates.date_day between costs.period_from and costs.period_to
