with roster as (

    select * from {{ ref('stg_hr__roster_shifts') }}
    where {{ partition_filter('roster_shift') }} and activity in ('work', 'break', 'meal', 'training', 'meeting')

),

attendance as (

    select * from {{ ref('stg_hr__attendance') }}
    where {{ partition_filter('attendance') }}

),

-- rows less than four hours apart are one shift, so that a night shift stays on the day on which it began
sequenced as (

    select
        *,
        case
            when
                start_at - interval '4' hour
                < lag(end_at) over (partition by employee_key order by start_at, end_at, shift_id)
                then 0
            else 1
        end as begins_shift
    from roster

),

numbered as (

    select
        *,
        sum(begins_shift) over (
            partition by employee_key order by start_at, end_at, shift_id
            rows between unbounded preceding and current row
        ) as shift_number
    from sequenced

),

dated as (

    select
        *,
        cast(
            min(start_at_local) over (partition by employee_key, shift_number) as date
        ) as local_date
    from numbered

),

-- what an attendance without clock times does not say is taken as worked
attended as (

    select
        dated.employee_key as agent_key,
        dated.site_key,
        dated.local_date,
        {{ microseconds_between('dated.start_at', 'dated.end_at') }} as scheduled_us,
        case
            when attendance.status = 'absent' then 0
            when attendance.status in ('present', 'half_day')
                then
                    greatest(
                        {{ microseconds_between(
                            'greatest(dated.start_at, coalesce(attendance.clock_in_at, dated.start_at))',
                            'least(dated.end_at, coalesce(attendance.clock_out_at, dated.end_at))'
                        ) }},
                        0
                    )
            else {{ microseconds_between('dated.start_at', 'dated.end_at') }}
        end as covered_us
    from dated
    inner join attendance
        on
            dated.employee_key = attendance.employee_key
            and dated.local_date = attendance.work_date
    where
        dated.activity in ('work', 'training', 'meeting')
        and {{ is_touched('dated.local_date') }}

),

days as (

    select
        agent_key,
        local_date,
        max(site_key) as site_key,
        sum(scheduled_us) as scheduled_us,
        sum(scheduled_us - covered_us) as missed_us
    from attended
    group by agent_key, local_date

)

select
    days.agent_key || ':' || days.local_date as shift_day_id,
    {{ agent_columns('days', key='days.agent_key') }},
    {{ tenure_band_of('days') }} as tenure_band,
    days.local_date,
    days.scheduled_us / 1e6 as scheduled_seconds,
    days.missed_us / 1e6 as missed_seconds
from days
left join {{ agent_teams_of('days', key='days.agent_key') }}
