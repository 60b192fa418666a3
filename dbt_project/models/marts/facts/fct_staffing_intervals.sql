with forecast_intervals as (

    select * from {{ ref('fct_forecast_intervals') }}
    where required_fte is not null and {{ is_touched('local_date') }}

),

agent_intervals as (

    select * from {{ ref('fct_agent_intervals') }}
    where {{ is_touched('local_date') }}

),

required_quarters as (

    select
        site_key,
        local_date,
        interval_start,
        required_fte,
        {{ numbers_between('0', 'cast(ceil(interval_seconds / 900) as bigint) - 1') }} as quarter_of_interval
    from forecast_intervals

),

required as (

    select
        site_key,
        local_date,
        interval_start + quarter_of_interval * interval '15' minute as interval_start,
        sum(required_fte) as required_fte
    from required_quarters
    group by site_key, local_date, interval_start + quarter_of_interval * interval '15' minute

),

productive as (

    select
        site_key,
        local_date,
        interval_start,
        sum(handling_seconds + available_seconds) / 900 as productive_fte
    from agent_intervals
    group by site_key, local_date, interval_start

),

-- without any states of the site's agents nothing is known of who was there
known_days as (

    select
        site_key,
        local_date
    from agent_intervals
    where logged_in_seconds > 0
    group by site_key, local_date

)

select
    required.site_key || ':' || required.interval_start as staffing_interval_id,
    required.site_key,
    required.local_date,
    required.interval_start,
    required.required_fte,
    coalesce(productive.productive_fte, 0) as productive_fte
from required
inner join known_days
    on
        required.site_key = known_days.site_key
        and required.local_date = known_days.local_date
left join productive
    on
        required.site_key = productive.site_key
        and required.local_date = productive.local_date
        and required.interval_start = productive.interval_start
