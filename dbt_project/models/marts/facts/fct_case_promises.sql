with cases as (

    select * from {{ ref('stg_crm_case__cases') }}
    where {{ partition_filter('crm_case') }} and due_at is not null and status <> 'canceled'

),

reasons as (

    {{ case_reasons() }}

),

dates as (

    {{ passed_dates() }}

),

dated as (

    select
        cases.*,
        dates.local_date
    from cases
    inner join dates on cast(cases.due_at_local as date) = dates.local_date

)

select
    dated.source_system || ':' || dated.case_id as case_id,
    dated.channel,
    reasons.reason_key,
    {{ agent_columns('dated', key=agent_key_of('dated', 'dated.owner_alias')) }},
    dated.local_date,
    coalesce(coalesce(dated.resolved_at, dated.closed_at) <= dated.due_at, false) as is_kept
from dated
left join reasons
    on
        dated.source_system = reasons.source_system
        and dated.case_id = reasons.contact_id
left join {{ agent_names_of('dated', 'dated.owner_alias') }}
left join {{ agent_teams_of('dated') }}
