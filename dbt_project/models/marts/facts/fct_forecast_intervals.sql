with forecasts as (

    select * from {{ ref('stg_hr__forecasts') }}
    where {{ partition_filter('forecast') }}

),

roster as (

    select * from {{ ref('stg_hr__roster_shifts') }}
    where {{ partition_filter('roster_shift') }}

),

visits as (

    select * from {{ ref('fct_queue_visits') }}
    where {{ is_touched('local_date') }}

),

roster_publications as (

    select
        site_key,
        cast(start_at_local as date) as local_date,
        min(published_at) as published_at
    from roster
    group by site_key, cast(start_at_local as date)

),

-- the forecast that the roster was made from: later ones knew more, or were mended
ranked as (

    select
        forecasts.*,
        cast(forecasts.starts_at_local as date) as local_date,
        row_number() over (
            partition by forecasts.source_system, forecasts.queue_key, forecasts.starts_at
            order by forecasts.published_at desc
        ) as rank_of_publication
    from forecasts
    left join roster_publications
        on
            forecasts.site_key = roster_publications.site_key
            and cast(forecasts.starts_at_local as date) = roster_publications.local_date
    where
        forecasts.published_at <= coalesce(
            roster_publications.published_at,
            {{ instant_of_local('cast(forecasts.starts_at_local as date)', 'forecasts.time_zone') }}
        )

),

-- by the clock of the site: what both hours of the night on which the clocks go back expect is one interval
frozen as (

    select
        site_key,
        queue_key,
        local_date,
        starts_at_local as interval_start,
        max(interval_seconds) as interval_seconds,
        starts_at_local + max(interval_seconds) * interval '1' second as interval_end,
        sum(forecast_contacts) as forecast_contacts,
        sum(required_fte) as required_fte
    from ranked
    where rank_of_publication = 1 and {{ is_touched('local_date') }}
    group by site_key, queue_key, local_date, starts_at_local

),

quarters as (

    select
        site_key,
        queue_key,
        local_date,
        interval_start,
        count(*) as contacts
    from visits
    group by site_key, queue_key, local_date, interval_start

),

-- a day of which no contact of the site is delivered is not known yet
known_days as (

    select distinct
        site_key,
        local_date
    from quarters

)

select
    frozen.site_key || ':' || frozen.queue_key || ':' || frozen.interval_start as forecast_interval_id,
    frozen.site_key,
    frozen.queue_key,
    frozen.local_date,
    frozen.interval_start,
    frozen.interval_seconds,
    frozen.forecast_contacts,
    cast(coalesce(sum(quarters.contacts), 0) as double) as actual_contacts,
    frozen.required_fte
from frozen
inner join known_days
    on
        frozen.site_key = known_days.site_key
        and frozen.local_date = known_days.local_date
left join quarters
    on
        frozen.site_key = quarters.site_key
        and frozen.queue_key = quarters.queue_key
        and frozen.local_date = quarters.local_date
        and frozen.interval_start <= quarters.interval_start
        and frozen.interval_end > quarters.interval_start
group by
    frozen.site_key,
    frozen.queue_key,
    frozen.local_date,
    frozen.interval_start,
    frozen.interval_seconds,
    frozen.forecast_contacts,
    frozen.required_fte
