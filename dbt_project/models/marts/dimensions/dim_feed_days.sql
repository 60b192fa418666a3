with expected as (

    select * from {{ ref('stg_centre__expected_feeds') }}

)

select distinct
    expected.source_system || ':' || expected.lake_table || ':' || dates.date_day as feed_day_id,
    expected.source_system,
    expected.site_key,
    expected.lake_table,
    dates.date_day
from expected
inner join {{ ref('dim_dates') }} as dates
    on dates.date_day between expected.valid_from and coalesce(expected.valid_to, date '9999-12-31')
left join {{ ref('dim_site_days') }} as site_days
    on expected.site_key = site_days.site_key and dates.date_day = site_days.date_day
where expected.expected_on = 'every_day' or site_days.is_open
