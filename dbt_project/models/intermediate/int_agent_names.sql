with aliases as (

    select * from {{ ref('stg_hr__agent_aliases') }}

),

employees as (

    select distinct employee_key from {{ ref('stg_hr__employees') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

-- an alias lasts until its end or until the source gives the name to somebody else, whichever is first
alias_periods as (

    select
        alias_system as source_system,
        alias_value as agent_alias,
        employee_key as agent_key,
        true as is_alias,
        valid_from,
        least(
            coalesce(valid_to, date '9999-12-31'),
            coalesce(
                cast(
                    lead(valid_from) over (
                        partition by alias_system, alias_value
                        order by valid_from, coalesce(record_updated_at, timestamp '1970-01-01'), source_system
                    ) - interval '1' day as date
                ),
                date '9999-12-31'
            )
        ) as valid_to
    from aliases

),

-- a name that a source never declares as an alias may be an employee number
employee_numbers as (

    select
        sources.source_system,
        employees.employee_key as agent_alias,
        employees.employee_key as agent_key,
        false as is_alias,
        date '0001-01-01' as valid_from,
        date '9999-12-31' as valid_to
    from employees
    cross join sources
    left join aliases
        on
            sources.source_system = aliases.alias_system
            and employees.employee_key = aliases.alias_value
    where aliases.alias_value is null

),

names as (

    select * from alias_periods
    where valid_from <= valid_to
    union all
    select * from employee_numbers

)

select
    source_system || ':' || agent_alias || ':' || valid_from as agent_name_id,
    source_system,
    agent_alias,
    agent_key,
    is_alias,
    valid_from,
    valid_to
from names
