{%- set quarter_us = 15 * 60 * 1000000 -%}
{%- set quarters = numbers_between(
    'cast(floor(from_us / ' ~ quarter_us ~ ') as bigint)',
    'cast(ceil(to_us / ' ~ quarter_us ~ ') as bigint) - 1'
) -%}

with agent_states as (

    select * from {{ ref('stg_telephony__agent_states') }}
    where {{ partition_filter('agent_state') }}

),

roster as (

    select * from {{ ref('stg_hr__roster_shifts') }}
    where {{ partition_filter('roster_shift') }} and activity <> 'off'

),

attendance as (

    select * from {{ ref('stg_hr__attendance') }}
    where {{ partition_filter('attendance') }} and clock_in_at < clock_out_at

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
        {{ epoch_microseconds('started_at') }} as from_us,
        {{ epoch_microseconds('ended_at') }} as to_us
    from agent_states

),

-- how far a system's states of a day are known: to the day's end once anything of the next day is
known_days as (

    select
        source_system,
        started_on as local_date,
        least(
            max(coalesce(to_us, from_us)),
            {{ epoch_microseconds(instant_of_local("started_on + interval '1' day", 'time_zone')) }}
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
        stretches.from_us,
        coalesce(stretches.to_us, known_days.known_until) as to_us
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
        {{ quarters }} as quarter_number
    from closed_stretches
    where from_us < to_us

),

scheduled as (

    select
        employee_key as agent_key,
        site_key,
        time_zone,
        activity,
        coalesce(is_paid, false) as is_paid,
        {{ epoch_microseconds('start_at') }} as from_us,
        {{ epoch_microseconds('end_at') }} as to_us
    from roster
    where start_at < end_at
    union all
    -- time between the clocks is cut and limited like the roster, but no state has to keep to it
    select
        employee_key as agent_key,
        site_key,
        time_zone,
        'attendance' as activity,
        false as is_paid,
        {{ epoch_microseconds('clock_in_at') }} as from_us,
        {{ epoch_microseconds('clock_out_at') }} as to_us
    from attendance

),

scheduled_quarters as (

    select
        *,
        {{ quarters }} as quarter_number
    from scheduled

),

-- local times once for every quarter of an hour and zone, not for every row
zone_quarters as (

    select
        time_zone,
        quarter_number
    from state_quarters
    union distinct
    select
        time_zone,
        quarter_number
    from scheduled_quarters

),

local_quarters as (

    select
        time_zone,
        quarter_number,
        {{ local_time(instant_of_epoch('quarter_number * 900'), 'time_zone') }} as interval_start
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
        {{ agent_key_of('state_quarters') }} as agent_key,
        state_quarters.source_system,
        state_quarters.site_key,
        state_quarters.state,
        state_quarters.quarter_number,
        touched_quarters.local_date,
        touched_quarters.interval_start,
        greatest(state_quarters.from_us, state_quarters.quarter_number * {{ quarter_us }}) as from_us,
        least(state_quarters.to_us, (state_quarters.quarter_number + 1) * {{ quarter_us }}) as to_us
    from state_quarters
    inner join touched_quarters
        on
            state_quarters.time_zone = touched_quarters.time_zone
            and state_quarters.quarter_number = touched_quarters.quarter_number
    left join {{ agent_names_of('state_quarters', date='touched_quarters.local_date') }}

),

-- adherence can be judged for people whom a system with states knows, as far as its day is known
measured_in as (

    select
        agent_names.agent_key,
        known_days.source_system,
        known_days.local_date
    from known_days
    inner join {{ ref('int_agent_names') }} as agent_names
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
        scheduled_quarters.is_paid,
        scheduled_quarters.quarter_number,
        touched_quarters.local_date,
        touched_quarters.interval_start,
        greatest(scheduled_quarters.from_us, scheduled_quarters.quarter_number * {{ quarter_us }}) as from_us,
        least(
            scheduled_quarters.to_us,
            (scheduled_quarters.quarter_number + 1) * {{ quarter_us }},
            measured_days.known_until
        ) as to_us
    from scheduled_quarters
    inner join touched_quarters
        on
            scheduled_quarters.time_zone = touched_quarters.time_zone
            and scheduled_quarters.quarter_number = touched_quarters.quarter_number
    inner join measured_days
        on
            scheduled_quarters.agent_key = measured_days.agent_key
            and touched_quarters.local_date = measured_days.local_date
    where
        scheduled_quarters.from_us < measured_days.known_until
        and scheduled_quarters.quarter_number * {{ quarter_us }} < measured_days.known_until

),

kept_pieces as (

    select
        scheduled_pieces.agent_key,
        scheduled_pieces.site_key,
        scheduled_pieces.quarter_number,
        scheduled_pieces.local_date,
        scheduled_pieces.interval_start,
        scheduled_pieces.activity,
        scheduled_pieces.is_paid and state_pieces.state in ('available', 'on_contact', 'acw') as is_paid_for_contacts,
        matches.state is not null as is_adherent,
        least(scheduled_pieces.to_us, state_pieces.to_us)
        - greatest(scheduled_pieces.from_us, state_pieces.from_us) as kept_us
    from scheduled_pieces
    inner join state_pieces
        on
            scheduled_pieces.agent_key = state_pieces.agent_key
            and scheduled_pieces.quarter_number = state_pieces.quarter_number
            and scheduled_pieces.from_us < state_pieces.to_us
            and scheduled_pieces.to_us > state_pieces.from_us
    left join matches
        on
            scheduled_pieces.activity = matches.activity
            and state_pieces.state = matches.state

),

pieces as (

    select
        agent_key,
        site_key,
        quarter_number,
        local_date,
        interval_start,
        case when state in ('on_contact', 'acw') then to_us - from_us else 0 end as handling_us,
        case when state = 'available' then to_us - from_us else 0 end as available_us,
        to_us - from_us as logged_in_us,
        0 as scheduled_us,
        0 as scheduled_work_us,
        0 as attended_us,
        0 as paid_work_us,
        0 as paid_other_us,
        0 as adherent_us,
        0 as contact_work_us,
        0 as contact_other_us
    from state_pieces
    union all
    select
        agent_key,
        site_key,
        quarter_number,
        local_date,
        interval_start,
        0 as handling_us,
        0 as available_us,
        0 as logged_in_us,
        case when activity not in ('attendance', 'leave') then to_us - from_us else 0 end as scheduled_us,
        case when activity = 'work' then to_us - from_us else 0 end as scheduled_work_us,
        case when activity = 'attendance' then to_us - from_us else 0 end as attended_us,
        case when is_paid and activity = 'work' then to_us - from_us else 0 end as paid_work_us,
        case when is_paid and activity <> 'work' then to_us - from_us else 0 end as paid_other_us,
        0 as adherent_us,
        0 as contact_work_us,
        0 as contact_other_us
    from scheduled_pieces
    union all
    select
        agent_key,
        site_key,
        quarter_number,
        local_date,
        interval_start,
        0 as handling_us,
        0 as available_us,
        0 as logged_in_us,
        0 as scheduled_us,
        0 as scheduled_work_us,
        0 as attended_us,
        0 as paid_work_us,
        0 as paid_other_us,
        case when is_adherent then kept_us else 0 end as adherent_us,
        case when is_paid_for_contacts and activity = 'work' then kept_us else 0 end as contact_work_us,
        case when is_paid_for_contacts and activity <> 'work' then kept_us else 0 end as contact_other_us
    from kept_pieces

),

intervals as (

    select
        agent_key,
        quarter_number,
        local_date,
        interval_start,
        max(site_key) as site_key,
        sum(handling_us) as handling_us,
        sum(available_us) as available_us,
        sum(logged_in_us) as logged_in_us,
        sum(scheduled_us) as scheduled_us,
        sum(scheduled_work_us) as scheduled_work_us,
        sum(attended_us) as attended_us,
        sum(paid_work_us) as paid_work_us,
        sum(paid_other_us) as paid_other_us,
        -- somebody logged in to two systems at once keeps to the roster only once
        least(sum(adherent_us), sum(scheduled_us)) as adherent_us,
        least(sum(contact_work_us), sum(paid_work_us)) as contact_work_us,
        least(sum(contact_other_us), sum(paid_other_us)) as contact_other_us
    from pieces
    group by agent_key, quarter_number, local_date, interval_start

)

select
    -- the number of the quarter tells apart the two 01:30 of the night on which the clocks go back
    intervals.agent_key || ':' || intervals.interval_start || ':' || intervals.quarter_number as interval_id,
    {{ agent_columns('intervals', key='intervals.agent_key') }},
    {{ tenure_band_of('intervals') }} as tenure_band,
    intervals.local_date,
    intervals.interval_start,
    intervals.handling_us / 1e6 as handling_seconds,
    intervals.available_us / 1e6 as available_seconds,
    intervals.logged_in_us / 1e6 as logged_in_seconds,
    intervals.scheduled_us / 1e6 as scheduled_seconds,
    intervals.scheduled_work_us / 1e6 as scheduled_work_seconds,
    intervals.adherent_us / 1e6 as adherent_seconds,
    intervals.attended_us / 1e6 as attended_seconds,
    (intervals.paid_work_us + intervals.paid_other_us) / 1e6 as paid_seconds,
    (intervals.paid_other_us - intervals.contact_other_us) / 1e6 as planned_shrinkage_seconds,
    (intervals.paid_work_us - intervals.contact_work_us) / 1e6 as unplanned_shrinkage_seconds
from intervals
left join {{ agent_teams_of('intervals', key='intervals.agent_key') }}
