with complaints as (

    select * from {{ ref('stg_crm_case__complaints') }}
    where {{ partition_filter('complaint') }}

),

dates as (

    {{ passed_dates() }}

),

milestones as (

    select
        *,
        'contact' as milestone,
        cast(coalesce(contact_at_local, received_at_local) as date) as milestone_date
    from complaints
    union all
    select
        *,
        'due' as milestone,
        cast(due_at_local as date) as milestone_date
    from complaints
    where status <> 'withdrawn'
    union all
    select
        *,
        'closed' as milestone,
        cast(closed_at_local as date) as milestone_date
    from complaints
    where status = 'closed'

),

dated as (

    select
        milestones.*,
        dates.local_date,
        row_number() over (
            partition by
                milestones.milestone,
                dates.local_date,
                milestones.cause_class,
                coalesce(milestones.customer_ref, milestones.source_system || milestones.complaint_id),
                coalesce(milestones.matter_key, milestones.source_system || milestones.complaint_id)
            order by milestones.received_at, milestones.source_system, milestones.complaint_id
        ) = 1 as is_first_of_matter
    from milestones
    inner join dates on milestones.milestone_date = dates.local_date

)

select
    dated.source_system || ':' || dated.complaint_id || ':' || dated.milestone as milestone_id,
    dated.milestone,
    dated.queue_key,
    {{ agent_columns('dated') }},
    dated.local_date,
    dated.cause_class,
    dated.is_first_of_matter,
    coalesce(dated.replied_at <= dated.due_at, false) as is_replied_in_time,
    coalesce(dated.is_upheld, false) as is_upheld
from dated
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
