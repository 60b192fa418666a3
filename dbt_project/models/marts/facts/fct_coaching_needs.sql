{{ config(meta={'looks_ahead_days': 14}) }}

with evaluations as (

    select * from {{ ref('fct_qa_evaluations') }}
    where is_completed and not is_passed and {{ is_touched('local_date') }}

),

sessions as (

    select * from {{ ref('stg_qa__coaching_sessions') }}
    where {{ partition_filter('coaching_session') }} and kind in ('one_to_one', 'pair')

),

rosters as (

    select * from {{ ref('stg_hr__roster_shifts') }}
    where {{ partition_filter('roster_shift') }} and activity = 'work'

),

attributed_sessions as (

    select
        sessions.*,
        cast(sessions.held_at_local as date) as held_on,
        cast(sessions.trigger_at_local as date) as triggered_on,
        {{ agent_key_of('sessions') }} as agent_key
    from sessions
    left join {{ agent_names_of('sessions', date='sessions.event_date') }}

),

-- of what no other feed tells, a session that was planned tells, held or not
needs as (

    select
        'evaluation:' || evaluation_id as need_id,
        agent_key,
        site_key,
        local_date,
        case when is_fatal then 'critical_error' else 'below_pass_mark' end as kind,
        evaluated_at as arisen_at,
        contact_at,
        source_evaluation_id,
        local_date as known_on,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from evaluations
    union all
    select
        trigger_kind || ':' || agent_key || ':' || {{ epoch_microseconds('trigger_at') }} as need_id,
        agent_key,
        max(site_key) as site_key,
        min(triggered_on) as local_date,
        trigger_kind as kind,
        trigger_at as arisen_at,
        null as contact_at,
        null as source_evaluation_id,
        min(event_date) as known_on,
        null as channel,
        null as queue_key
    from attributed_sessions
    where
        trigger_kind in ('banned_language', 'complaint', 'failed_evaluations')
        and {{ is_touched('triggered_on') }}
    group by agent_key, trigger_kind, trigger_at

),

limits as (

    {{ parameters_as_of('needs', ['feedback_window_days', 'coaching_working_days']) | indent(4) }}

),

windows as (

    select
        needs.*,
        limits.feedback_window_days,
        limits.coaching_working_days,
        {{ dbt.dateadd('day', 'cast(limits.feedback_window_days as integer)', 'needs.local_date') }} as window_end
    from needs
    inner join limits on needs.local_date = limits.local_date

),

talks as (

    select
        needs.need_id,
        min(sessions.held_at) as held_at,
        min(sessions.held_on) as held_on
    from windows as needs
    inner join attributed_sessions as sessions
        on
            needs.agent_key = sessions.agent_key
            and (
                needs.source_evaluation_id = sessions.evaluation_id
                or (needs.kind = sessions.trigger_kind and needs.arisen_at = sessions.trigger_at)
            )
            and needs.arisen_at <= sessions.held_at
            and needs.window_end >= sessions.held_on
            and sessions.event_date between needs.local_date and needs.window_end
    group by needs.need_id

),

working_days as (

    select distinct
        employee_key as agent_key,
        cast(start_at_local as date) as work_date
    from rosters

),

counted_days as (

    select
        needs.need_id,
        needs.coaching_working_days,
        working_days.work_date,
        row_number() over (partition by needs.need_id order by working_days.work_date) as day_number
    from windows as needs
    inner join working_days
        on
            needs.agent_key = working_days.agent_key
            and needs.local_date < working_days.work_date
            and needs.window_end >= working_days.work_date

),

deadlines as (

    select
        need_id,
        work_date as due_on
    from counted_days
    where day_number = coaching_working_days

)

select
    needs.need_id,
    {{ agent_columns('needs', key='needs.agent_key') }},
    {{ tenure_band_of('needs') }} as tenure_band,
    needs.local_date,
    needs.kind,
    deadlines.due_on,
    needs.kind <> 'below_pass_mark' and deadlines.due_on is not null as is_due,
    needs.kind <> 'below_pass_mark' and coalesce(talks.held_on <= deadlines.due_on, false) as is_on_time,
    case
        when talks.held_at is null
            then {{ seconds_between('needs.contact_at', 'needs.arisen_at') }} + needs.feedback_window_days * 86400
        else {{ seconds_between('needs.contact_at', 'talks.held_at') }}
    end / 3600 as feedback_hours,
    needs.feedback_window_days
from windows as needs
left join talks on needs.need_id = talks.need_id
left join deadlines on needs.need_id = deadlines.need_id
left join {{ agent_teams_of('needs', key='needs.agent_key') }}
where needs.known_on <= needs.window_end
