with declared as (

    select * from {{ ref('stg_centre__teams') }}

),

observed as (

    select team_key from {{ ref('stg_hr__employees') }}
    where team_key is not null
    union distinct
    select team_key from declared

)

select
    observed.team_key,
    coalesce(declared.name_en, observed.team_key) as name_en,
    coalesce(declared.name_zh, observed.team_key) as name_zh
from observed
left join declared on observed.team_key = declared.team_key
