with agent_states as (

    select * from {{ ref('stg_telephony__agent_states') }}

),

roster as (

    select * from {{ ref('stg_hr__roster_shifts') }}
    where activity in ('work', 'break', 'meal', 'training', 'meeting')

),

agent_names as (

    select * from {{ ref('int_agent_names') }}

),

agent_teams as (

    select * from {{ ref('dim_agent_teams') }}

),

-- which states keep to which scheduled activity
matches as (

    select * from {{ ref('adherent_states') }}

),

stretches as (

    select
        source_system,
        agent_alias,
        site_key,
        time_zone,
        state,
        started_on,
        {{ epoch_seconds('started_at') }} as from_second,
        {{ epoch_seconds('ended_at') }} as to_second
    from agent_states

),

-- how far a system's states of a day are known: to the day's end once anything of the next day is
known_days as (

    select
        source_system,
        started_on as local_date,
        least(
            max(coalesce(to_second, from_second)),
            {{ epoch_seconds(instant_of_local("started_on + interval '1' day", 'time_zone')) }}
        ) as known_until
    from stretches
    group by source_system, started_on, time_zone

),

-- a state without an end is known to last as long as its day is known
closed_stretches as (

    select
        stretches.source_system,
        stretches.agent_alias,
        stretches.site_key,
        stretches.time_zone,
        stretches.state,
        stretches.from_second,
        coalesce(stretches.to_second, known_days.known_until) as to_second
    from stretches
    inner join known_days
        on
            stretches.source_system = known_days.source_system
            and stretches.started_on = known_days.local_date
    where stretches.state <> 'offline'

),

state_quarters as (

    select
        *,
        {{ numbers_between(
            'cast(floor(from_second / 900) as bigint)',
            'cast(ceil(to_second / 900) as bigint) - 1'
        ) }} as quarter
    from closed_stretches
    where from_second < to_second

),

scheduled as (

    select
        employee_key as agent_key,
        site_key,
        time_zone,
        activity,
        {{ epoch_seconds('start_at') }} as from_second,
        {{ epoch_seconds('end_at') }} as to_second
    from roster
    where start_at < end_at

),

scheduled_quarters as (

    select
        *,
        {{ numbers_between(
            'cast(floor(from_second / 900) as bigint)',
            'cast(ceil(to_second / 900) as bigint) - 1'
        ) }} as quarter
    from scheduled

),

-- local times once for every quarter of an hour and zone, not for every row
zone_quarters as (

    select
        time_zone,
        quarter
    from state_quarters
    union distinct
    select
        time_zone,
        quarter
    from scheduled_quarters

),

local_quarters as (

    select
        time_zone,
        quarter,
        {{ local_time(instant_of_epoch('quarter * 900'), 'time_zone') }} as interval_start
    from zone_quarters

),

touched_quarters as (

    select
        *,
        cast(interval_start as date) as local_date
    from local_quarters
    where {{ is_touched('cast(interval_start as date)') }}

),

state_pieces as (

    select
        coalesce(
            agent_names.agent_key,
            'unresolved:' || state_quarters.source_system || ':' || state_quarters.agent_alias
        ) as agent_key,
        state_quarters.source_system,
        state_quarters.site_key,
        state_quarters.state,
        state_quarters.quarter,
        touched_quarters.local_date,
        touched_quarters.interval_start,
        greatest(state_quarters.from_second, state_quarters.quarter * 900) as from_second,
        least(state_quarters.to_second, (state_quarters.quarter + 1) * 900) as to_second
    from state_quarters
    inner join touched_quarters
        on
            state_quarters.time_zone = touched_quarters.time_zone
            and state_quarters.quarter = touched_quarters.quarter
    left join agent_names
        on
            state_quarters.source_system = agent_names.source_system
            and state_quarters.agent_alias = agent_names.agent_alias
            and touched_quarters.local_date between agent_names.valid_from and agent_names.valid_to

),

-- adherence can be judged for people whom a system with states knows, as far as its day is known
measured_in as (

    select
        agent_names.agent_key,
        known_days.source_system,
        known_days.local_date
    from known_days
    inner join agent_names
        on
            known_days.source_system = agent_names.source_system
            and known_days.local_date between agent_names.valid_from and agent_names.valid_to
    where agent_names.is_alias
    union distinct
    select
        agent_key,
        source_system,
        local_date
    from state_pieces

),

measured_days as (

    select
        measured_in.agent_key,
        measured_in.local_date,
        max(known_days.known_until) as known_until
    from measured_in
    inner join known_days
        on
            measured_in.source_system = known_days.source_system
            and measured_in.local_date = known_days.local_date
    group by measured_in.agent_key, measured_in.local_date

),

scheduled_pieces as (

    select
        scheduled_quarters.agent_key,
        scheduled_quarters.site_key,
        scheduled_quarters.activity,
        scheduled_quarters.quarter,
        touched_quarters.local_date,
        touched_quarters.interval_start,
        greatest(scheduled_quarters.from_second, scheduled_quarters.quarter * 900) as from_second,
        least(
            scheduled_quarters.to_second, (scheduled_quarters.quarter + 1) * 900, measured_days.known_until
        ) as to_second
    from scheduled_quarters
    inner join touched_quarters
        on
            scheduled_quarters.time_zone = touched_quarters.time_zone
            and scheduled_quarters.quarter = touched_quarters.quarter
    inner join measured_days
        on
            scheduled_quarters.agent_key = measured_days.agent_key
            and touched_quarters.local_date = measured_days.local_date
    where
        greatest(scheduled_quarters.from_second, scheduled_quarters.quarter * 900) < measured_days.known_until

),

adherent_pieces as (

    select
        scheduled_pieces.agent_key,
        scheduled_pieces.site_key,
        scheduled_pieces.quarter,
        scheduled_pieces.local_date,
        scheduled_pieces.interval_start,
        least(scheduled_pieces.to_second, state_pieces.to_second)
        - greatest(scheduled_pieces.from_second, state_pieces.from_second) as seconds
    from scheduled_pieces
    inner join state_pieces
        on
            scheduled_pieces.agent_key = state_pieces.agent_key
            and scheduled_pieces.quarter = state_pieces.quarter
            and scheduled_pieces.from_second < state_pieces.to_second
            and state_pieces.from_second < scheduled_pieces.to_second
    inner join matches
        on
            scheduled_pieces.activity = matches.activity
            and state_pieces.state = matches.state

),

pieces as (

    select
        agent_key,
        site_key,
        quarter,
        local_date,
        interval_start,
        case when state in ('on_contact', 'acw') then to_second - from_second else 0 end as handling_seconds,
        case when state = 'available' then to_second - from_second else 0 end as available_seconds,
        to_second - from_second as logged_in_seconds,
        0 as scheduled_seconds,
        0 as adherent_seconds
    from state_pieces
    union all
    select
        agent_key,
        site_key,
        quarter,
        local_date,
        interval_start,
        0 as handling_seconds,
        0 as available_seconds,
        0 as logged_in_seconds,
        to_second - from_second as scheduled_seconds,
        0 as adherent_seconds
    from scheduled_pieces
    union all
    select
        agent_key,
        site_key,
        quarter,
        local_date,
        interval_start,
        0 as handling_seconds,
        0 as available_seconds,
        0 as logged_in_seconds,
        0 as scheduled_seconds,
        seconds as adherent_seconds
    from adherent_pieces

),

intervals as (

    select
        agent_key,
        quarter,
        local_date,
        interval_start,
        max(site_key) as site_key,
        sum(handling_seconds) as handling_seconds,
        sum(available_seconds) as available_seconds,
        sum(logged_in_seconds) as logged_in_seconds,
        sum(scheduled_seconds) as scheduled_seconds,
        -- somebody logged in to two systems at once keeps to the roster only once
        least(sum(adherent_seconds), sum(scheduled_seconds)) as adherent_seconds
    from pieces
    group by agent_key, quarter, local_date, interval_start

)

select
    -- the quarter tells apart the two 01:30 of the night on which the clocks go back
    intervals.agent_key || ':' || intervals.interval_start || ':' || intervals.quarter as interval_id,
    intervals.agent_key,
    agent_teams.team_key,
    coalesce(agent_teams.site_key, intervals.site_key) as site_key,
    intervals.local_date,
    intervals.interval_start,
    intervals.handling_seconds,
    intervals.available_seconds,
    intervals.logged_in_seconds,
    intervals.scheduled_seconds,
    intervals.adherent_seconds
from intervals
left join agent_teams
    on
        intervals.agent_key = agent_teams.agent_key
        and intervals.local_date between agent_teams.valid_from and agent_teams.valid_to
