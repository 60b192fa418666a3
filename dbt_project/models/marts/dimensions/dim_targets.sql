with declared as (

    select * from {{ ref('stg_centre__targets') }}

),

-- a centre that sets a target replaces the default of that indicator, level and member altogether
defaults as (

    select seeded.*
    from {{ ref('targets') }} as seeded
    left join declared
        on
            seeded.indicator = declared.indicator
            and seeded.level = declared.level
            and seeded.member = declared.member
    where declared.indicator is null

),

targets as (

    select
        indicator,
        level,
        member,
        value,
        valid_from,
        valid_to
    from defaults
    union all
    select
        indicator,
        level,
        member,
        value,
        valid_from,
        valid_to
    from declared

),

closed as (

    select
        indicator,
        level,
        member,
        value,
        valid_from,
        least(
            coalesce(valid_to, date '9999-12-31'),
            coalesce(
                cast(
                    lead(valid_from) over (partition by indicator, level, member order by valid_from)
                    - interval '1' day as date
                ),
                date '9999-12-31'
            )
        ) as valid_to
    from targets

)

select
    indicator || ':' || level || ':' || member || ':' || valid_from as target_id,
    indicator,
    level,
    member,
    value,
    valid_from,
    valid_to
from closed
where valid_from <= valid_to
