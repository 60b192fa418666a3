with calendar_days as (

    select * from {{ ref('stg_centre__calendar_days') }}

),

openings as (

    select
        site_key,
        date_day,
        bool_or(is_open) as has_open_queue
    from {{ ref('dim_queue_days') }}
    group by site_key, date_day

)

select
    site_key || ':' || date_day as site_day_id,
    site_key,
    date_day,
    calendar_days.holiday_en is not null as is_holiday,
    calendar_days.holiday_en,
    calendar_days.holiday_zh,
    calendar_days.is_makeup_workday,
    calendar_days.is_workday,
    openings.has_open_queue,
    coalesce(openings.has_open_queue, calendar_days.is_workday) as is_open
from calendar_days
full join openings using (site_key, date_day)
