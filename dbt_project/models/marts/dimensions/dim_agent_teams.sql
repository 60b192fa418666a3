with employees as (

    select * from {{ ref('stg_hr__employees') }}

),

-- a period lasts until its end or until the next one begins, whichever is first
periods as (

    select
        *,
        lead(valid_from) over (
            partition by employee_key
            order by valid_from, coalesce(record_updated_at, timestamp '1970-01-01'), source_system
        ) as next_valid_from
    from employees

),

closed as (

    select
        employee_key || ':' || valid_from as agent_team_id,
        employee_key as agent_key,
        team_key,
        site_key,
        leader_key,
        role,
        status,
        hired_on,
        left_on,
        valid_from,
        least(
            coalesce(valid_to, date '9999-12-31'),
            coalesce(cast(next_valid_from - interval '1' day as date), date '9999-12-31')
        ) as valid_to
    from periods

)

select * from closed
where valid_from <= valid_to
