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

),

days as (

    select
        site_key,
        date_day
    from calendar_days
    union distinct
    select
        site_key,
        date_day
    from openings

)

select
    days.site_key || ':' || days.date_day as site_day_id,
    days.site_key,
    days.date_day,
    calendar_days.holiday_en is not null as is_holiday,
    calendar_days.holiday_en,
    calendar_days.holiday_zh,
    calendar_days.is_makeup_workday,
    calendar_days.is_workday,
    openings.has_open_queue,
    coalesce(openings.has_open_queue, calendar_days.is_workday) as is_open
from days
left join calendar_days on days.site_key = calendar_days.site_key and days.date_day = calendar_days.date_day
left join openings on days.site_key = openings.site_key and days.date_day = openings.date_day
