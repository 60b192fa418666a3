with openings as (

    select * from {{ ref('stg_centre__openings') }}

),

calendar_days as (

    select * from {{ ref('stg_centre__calendar_days') }}

),

-- what is declared of holidays and of make-up workdays goes before what is declared of their weekday
applicable as (

    select
        openings.queue_key,
        openings.site_key,
        dates.date_day,
        openings.opening_sec,
        case when openings.day_kind = 'weekday' then 0 else 1 end as precedence
    from openings
    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day between openings.valid_from and coalesce(openings.valid_to, date '9999-12-31')
    left join calendar_days
        on openings.site_key = calendar_days.site_key and dates.date_day = calendar_days.date_day
    where
        openings.weekday = dates.weekday
        or (openings.day_kind = 'holidays' and calendar_days.holiday_en is not null)
        or (openings.day_kind = 'makeup_workdays' and calendar_days.is_makeup_workday)

)

select
    queue_key || ':' || date_day as queue_day_id,
    queue_key,
    site_key,
    date_day,
    max_by(opening_sec, precedence) > 0 as is_open,
    max_by(opening_sec, precedence) as opening_sec
from applicable
group by queue_key, site_key, date_day
