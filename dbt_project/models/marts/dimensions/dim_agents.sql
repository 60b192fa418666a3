with employees as (

    select * from {{ ref('stg_hr__employees') }}

),

-- what the latest period that has begun says; for somebody who has yet to start, the first one
ranked as (

    select
        *,
        row_number() over (
            partition by employee_key
            order by
                case when valid_from <= {{ as_of() }} then 0 else 1 end,
                case when valid_from <= {{ as_of() }} then valid_from end desc,
                valid_from,
                coalesce(record_updated_at, timestamp '1970-01-01') desc,
                source_system desc
        ) as rank_of_period
    from employees

)

select
    employee_key as agent_key,
    coalesce(name, employee_key) as name,
    role,
    status,
    team_key as current_team_key,
    site_key as current_site_key,
    contract_hours_week,
    hired_on,
    left_on
from ranked
where rank_of_period = 1
