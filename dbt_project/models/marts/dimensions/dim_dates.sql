with days as (

    select cast(date_day as date) as date_day
    from ({{ date_series("date '2000-01-01'", "date '2049-12-31'") }}) as series

)

select
    date_day,
    cast(date_trunc('week', date_day) as date) as week_start,
    cast(date_trunc('month', date_day) as date) as month_start,
    {{ iso_weekday('date_day') }} as weekday
from days
